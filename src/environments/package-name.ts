// The name of a Python package as PyPI compares it: `Scikit_Learn` is `scikit-learn`.

/** Lower case, with one hyphen for each run of hyphens, underscores and dots (PEP 503). */
export function packageName(written: string): string {
  return written.toLowerCase().replace(/[-_.]+/g, "-");
}
