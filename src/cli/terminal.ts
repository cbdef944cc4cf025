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
  return {
    out: (text) => write(process.stdout, text),
    note: (text) => write(process.stderr, text),
    live,
    columns: columnsOf(process.stdout) ?? 100,
    colors: picocolors.createColors(live && !noColor),
  };
}

/** Of a terminal that knows its size; one that was never told says 0. */
export function columnsOf(stream: NodeJS.WriteStream): number | null {
  return stream.columns > 0 ? stream.columns : null;
}

function write(stream: NodeJS.WriteStream, text: string): void {
  stream.write(text.endsWith("\n") ? text : `${text}\n`);
}
