// Reads a date or a moment by formats of strptime, or ISO 8601 where there is none. Pure.

const FIELDS: Readonly<Record<string, string>> = {
  Y: "(?<Y>\\d{4})",
  y: "(?<y>\\d{2})",
  m: "(?<m>\\d{1,2})",
  d: "(?<d>\\d{1,2})",
  H: "(?<H>\\d{1,2})",
  I: "(?<I>\\d{1,2})",
  M: "(?<M>\\d{1,2})",
  S: "(?<S>\\d{1,2})",
  f: "(?<f>\\d{1,9})",
  p: "(?<p>[AaPp][Mm])",
  b: "(?<b>[A-Za-z]{3})",
  B: "(?<B>[A-Za-z]+)",
  z: "(?<z>Z|[+-]\\d{2}:?\\d{2})",
};

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");

/** ISO 8601, or null where the text is none of the formats. */
export function parseMoment(text: string, formats: readonly string[]): string | null {
  if (formats.length === 0) return isoOf(text);
  for (const format of formats) {
    const groups = expressionOf(format)?.exec(text)?.groups;
    const moment = groups === undefined ? null : momentOf(groups);
    if (moment !== null) return moment;
  }
  return null;
}

function isoOf(text: string): string | null {
  const parts =
    /^(?<Y>\d{4})-(?<m>\d\d)-(?<d>\d\d)(?:[T ](?<H>\d\d):(?<M>\d\d)(?::(?<S>\d\d)(?:\.(?<f>\d{1,9}))?)?(?<z>Z|[+-]\d\d:?\d\d)?)?$/.exec(
      text,
    );
  return parts?.groups === undefined ? null : momentOf(parts.groups);
}

/** Null: it has a sign that is not known, or one twice. */
function expressionOf(format: string): RegExp | null {
  const full = format.replaceAll("%T", "%H:%M:%S").replaceAll("%F", "%Y-%m-%d");
  let pattern = "";
  for (const [text, sign] of full.matchAll(/%(.)|[^%]+|%/g)) {
    if (sign === "%") pattern += "%";
    else if (sign === undefined) pattern += text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    else if (FIELDS[sign] === undefined || pattern.includes(`(?<${sign}>`)) return null;
    else pattern += FIELDS[sign];
  }
  return new RegExp(`^${pattern}$`);
}

function momentOf(groups: Readonly<Record<string, string | undefined>>): string | null {
  const { Y, y, m, b, B, d = "1", H, I, M = "0", S = "0", f, p, z } = groups;
  const year = Y ?? (y === undefined ? "1900" : `${Number(y) < 69 ? "20" : "19"}${y}`);
  const named = MONTHS.indexOf((b ?? B ?? "").slice(0, 3).toLowerCase());
  const month = named >= 0 ? named + 1 : Number(m ?? "1");
  const half = p === undefined ? 0 : p.toLowerCase() === "pm" ? 12 : 0;
  const hour = I === undefined ? Number(H ?? "0") : (Number(I) % 12) + half;
  const two = (part: number | string): string => String(part).padStart(2, "0");
  const day = `${year}-${two(month)}-${two(d)}`;
  const time = `${two(hour)}:${two(M)}:${two(S)}`;
  const date = new Date(`${day}T${time}Z`);
  // No 30th of February.
  if (Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(d)) return null;
  return `${day}T${time}${f === undefined ? "" : `.${f}`}${z ?? ""}`;
}
