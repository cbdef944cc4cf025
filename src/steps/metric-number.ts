// Numbers that are none, as Python's `json` and MLflow write them. No record can hold them, so they are left out and
// named: one list of words for every way to log a metric.

/** Stands for such a number in what was parsed. */
class NotFinite {
  readonly written: string;

  constructor(written: string) {
    this.written = written;
  }
}

const TOKENS = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;
const MARK = "\u0000not finite ";

/** JSON, and with it `NaN`, `Infinity` and `-Infinity` as values. Throws for anything else. */
export function parseJson(text: string): unknown {
  // Nearly every line is plain, and a step may log ten million.
  if (!(text.includes("NaN") || text.includes("Infinity"))) return JSON.parse(text);
  const json = text.replaceAll(TOKENS, (token) =>
    token.startsWith('"') ? token : JSON.stringify(MARK + token),
  );
  return JSON.parse(json, (_, value: unknown) =>
    typeof value === "string" && value.startsWith(MARK)
      ? new NotFinite(value.slice(MARK.length))
      : value,
  );
}

/** As it was written; null for everything else. */
export function notFinite(value: unknown): string | null {
  if (value instanceof NotFinite) return value.written;
  // `1e999`
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : null;
}

export function leftOut(name: string, written: string): string {
  return `metric ${name} is ${written}, which is no number: it was left out`;
}
