// What every program of the library starts with: its inputs and outputs by name, metrics, and one way to fail. Knows no
// component.

import fs from "node:fs";

/** An expected end: what is wrong, and what to do next. */
export class StepFailure extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

export interface Program {
  /** The value of an input, or null: it was not set. */
  input(name: string): string | null;
  /** The path of data, or a value, that is always there. */
  needed(name: string): string;
  number(name: string): number;
  /** Where to write: a file, or a folder that is there. */
  output(name: string): string;
  /** Records a metric of the step. */
  metric(name: string, value: number): void;
  say(line: string): void;
  warn(line: string): void;
}

/** Runs a program whose words are `inputs.NAME=VALUE` and `outputs.NAME=PATH`. */
export function runProgram(main: (program: Program) => Promise<void>): void {
  const words = new Map<string, string>();
  for (const word of process.argv.slice(2)) {
    const at = word.indexOf("=");
    words.set(word.slice(0, at), word.slice(at + 1));
  }
  const given = (name: string): string => {
    const value = words.get(name);
    if (value === undefined) throw new Error(`the command does not say ${name}`);
    return value;
  };
  const program: Program = {
    input: (name) => words.get(`inputs.${name}`) ?? null,
    needed: (name) => given(`inputs.${name}`),
    number: (name) => Number(given(`inputs.${name}`)),
    output: (name) => given(`outputs.${name}`),
    metric,
    say: (line) => void process.stdout.write(`${line}\n`),
    warn: (line) => void process.stderr.write(`warning: ${line}\n`),
  };
  // Not at once: what is declared below the call has to be there.
  const started = Promise.resolve().then(() => main(program));
  started.catch((error: unknown) => {
    process.stderr.write(`${described(error)}\n`);
    process.exitCode = 1;
    // What is still open (a connection, a stream) must not hold up the failure.
    setImmediate(() => process.exit(1));
  });
}

function metric(name: string, value: number): void {
  const file = process.env.STEPWELL_METRICS;
  if (file === undefined || !Number.isFinite(value)) return;
  fs.appendFileSync(file, `${JSON.stringify({ name, value })}\n`);
}

function described(error: unknown): string {
  if (error instanceof StepFailure) return `error: ${error.message}\n  ${error.hint}`;
  const { code, path: at } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT")
    return `error: the disk is full${at === undefined ? "" : ` (${at})`}\n  make room: stepwell gc, stepwell du; then run again`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
