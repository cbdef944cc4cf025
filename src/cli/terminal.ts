// What the command line writes to: where lines go, whether a person watches, which colours are allowed. Knows nothing
// of what is said.

import picocolors from "picocolors";

export interface Terminal {
  /** Results. With `--json` exactly one object goes here. */
  out(text: string): void;
  /** Everything that is said to a person beside results. */
  note(text: string): void;
  /** True when stdout and stderr are a terminal and a person can be shown moving lines. */
  readonly live: boolean;
  readonly columns: number;
  readonly colors: ReturnType<typeof picocolors.createColors>;
}

export function createTerminal(shell: Readonly<Record<string, string | undefined>>): Terminal {
  // One of the two in a file means plain lines in both: what moves and is coloured goes to either.
  const isTerminal = process.stdout.isTTY === true && process.stderr.isTTY === true;
  const live = isTerminal && shell.TERM !== "dumb";
  const noColor = shell.NO_COLOR !== undefined && shell.NO_COLOR !== "";
  const colors = picocolors.createColors(live && !noColor);
  const harmless = (text: string): string => withoutControls(text, colors.isColorSupported);
  return {
    out: (text) => write(process.stdout, harmless(text)),
    note: (text) => write(process.stderr, harmless(text)),
    live,
    columns: columnsOf(process.stdout) ?? 100,
    colors,
  };
}

/** What moves a cursor, and what turns the direction of reading. */
const HARMFUL = String.raw`[\p{Cc}\u202a-\u202e\u2066-\u2069]`;
const CONTROLS = new RegExp(String.raw`${"\u001b"}\[[\d;:]*m|(?!\t|\r?\n)${HARMFUL}`, "gu");
const SIGN = new RegExp(HARMFUL, "u");

/**
 * Names of files and the like come from others, and could move the cursor, rename the window or read backwards: they are written out,
 * in the form in which they are the same in JSON. Colours stay where there may be some.
 */
export function withoutControls(text: string, hasColors: boolean): string {
  return text.replaceAll(CONTROLS, (found) =>
    found.length > 1 && hasColors ? found : found.replace(SIGN, writtenOut),
  );
}

function writtenOut(sign: string): string {
  return `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Of a terminal that knows its size; one that was never told says 0. */
export function columnsOf(stream: NodeJS.WriteStream): number | null {
  return stream.columns > 0 ? stream.columns : null;
}

function write(stream: NodeJS.WriteStream, text: string): void {
  stream.write(text.endsWith("\n") ? text : `${text}\n`);
}
