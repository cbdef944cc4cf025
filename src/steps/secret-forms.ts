// How a secret may look in a log: as it is, without the blanks around it, line by line, and as programs write it in base64, in a
// URL, in JSON, in a printed dictionary and in a shell's trace. Knows nothing of logs.

/** Values from here on are masked wherever they occur. */
const ANYWHERE = 6;
/** Values from here on are masked where they stand alone; shorter ones would blank out ordinary words and numbers. */
export const SHORTEST_MASKED = 4;
/** Of a value of several lines each that is as long: `}` and `kind: x` are no secrets. */
const LINE = 12;

export interface Forms {
  /** Masked anywhere, longest first. */
  readonly anywhere: readonly string[];
  /** Masked between other characters than letters, digits and `_`. */
  readonly alone: readonly string[];
}

/** Every form of every value that must not be read, as latin1, which keeps every byte: a log need not be text. */
export function secretForms(values: readonly string[]): Forms {
  const anywhere = new Set<string>();
  const alone = new Set<string>();
  const add = (form: string): void => {
    if (form.length >= SHORTEST_MASKED) (form.length < ANYWHERE ? alone : anywhere).add(form);
  };
  for (const value of values)
    for (const whole of [value, value.trim()]) {
      if (whole.length < SHORTEST_MASKED) continue;
      add(whole);
      for (const form of encoded(whole)) if (form.length >= ANYWHERE) anywhere.add(form);
      // In its other forms a value has no line ends.
      for (const line of linesOf(whole)) for (const form of [line, ...quoted(line)]) add(form);
    }
  const latin1 = (forms: ReadonlySet<string>): string[] =>
    [...forms]
      .map((form) => Buffer.from(form).toString("latin1"))
      .sort((a, b) => b.length - a.length);
  return { anywhere: latin1(anywhere), alone: latin1(alone) };
}

/** A key of many lines is printed behind a prefix, or with other line ends. */
function linesOf(value: string): readonly string[] {
  const lines = value.split(/\r?\n|\r/).map((line) => line.trim());
  return lines.length < 2 ? [] : lines.filter((line) => line.length >= LINE);
}

function encoded(value: string): readonly string[] {
  const base64 = [Buffer.from(value).toString("base64"), Buffer.from(value).toString("base64url")];
  return [...base64, ...inAddress(value), ...quoted(value)];
}

/**
 * In JSON, also as Python's `json.dumps` writes it; by bash with `set -x`; by Python's `shlex.quote`; as a value in what Python
 * and Node print of a dictionary or an object, in whichever quotes.
 */
function quoted(value: string): readonly string[] {
  const shown = value.replaceAll(/[\\\n\r\t]/g, (sign) => SHOWN[sign] as string);
  const json = JSON.stringify(value).slice(1, -1);
  const unit = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return [
    json,
    json.replaceAll(/[\u0080-\uffff]/g, unit),
    value.replaceAll("'", "'\\''"),
    value.replaceAll("'", `'"'"'`),
    shown,
    shown.replaceAll("'", "\\'"),
  ];
}

const SHOWN: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** As JavaScript writes it, as Python does (`quote`, which leaves `/`, with `safe=""`, and `quote_plus`), and in small digits. */
function inAddress(value: string): readonly string[] {
  const plain = encodeURIComponent(value);
  const strict = plain.replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const forms = [plain, strict, strict.replaceAll("%2F", "/"), strict.replaceAll("%20", "+")];
  return forms.flatMap((form) => [
    form,
    form.replaceAll(/%[0-9A-F]{2}/g, (digits) => digits.toLowerCase()),
  ]);
}
