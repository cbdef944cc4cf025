// What to write instead of a pattern such as `images/**` or `data/*.csv` in the path of data, where other tools take one.

/**
 * Null where the path has no `*`.
 *
 * @example patternHint("data/*.csv")
 * // "A path names one file, or a folder with all that is in it: write `data`, and pick `*.csv` in the command."
 */
export function patternHint(path: string): string | null {
  const parts = path.split("/");
  const first = parts.findIndex((part) => part.includes("*"));
  if (first === -1) return null;
  const folder = parts.slice(0, first).join("/");
  const pattern = parts.slice(first);
  const isAll = pattern.every((part) => /^\*{0,2}$/.test(part));
  const picked = isAll ? "" : `, and pick \`${pattern.join("/")}\` in the command`;
  return `A path names one file, or a folder with all that is in it: write \`${folder === "" ? "." : folder}\`${picked}.`;
}
