// The one end that the process of a function step has: finished, or failed with a message. Catches the ends that would
// look like success.

import { inspect } from "node:util";

export class EndWatch {
  #state: "running" | "finished" | "failed" = "running";
  readonly #exit = process.exit.bind(process);

  constructor() {
    process.on("uncaughtException", (error) => this.failWith(error));
    process.on("unhandledRejection", (error) => this.failWith(error));
    process.on("exit", () => this.#atExit());
    process.exit = ((code?: number) => {
      if (this.#state !== "running") return this.#exit(code);
      return this.fail(`called process.exit(${code ?? ""})\n${framesTo(process.exit)}`);
    }) as typeof process.exit;
  }

  /** What the function still has open goes on until it is done: the process then ends by itself. */
  finish(): void {
    this.#state = "finished";
  }

  failWith(error: unknown): never {
    if (error instanceof Error || isErrorLike(error)) return this.#end(inspect(error));
    return this.fail(`threw ${inspect(error)}, which is not an Error`);
  }

  fail(what: string): never {
    return this.#end(`run of ${stepWords()} ${what}`);
  }

  #end(text: string): never {
    this.#state = "failed";
    process.stderr.write(`${text}\n`);
    return this.#exit(1);
  }

  #atExit(): void {
    if (this.#state !== "running") return;
    process.exitCode = 1;
    this.#state = "failed";
    const text = "ended without finishing: a promise never settled";
    process.stderr.write(`run of ${stepWords()} ${text}\n`);
  }
}

export function stepWords(): string {
  const name = process.env.STEPWELL_STEP;
  return name === undefined ? "this step" : `step \`${name}\``;
}

/** An Error of another realm, such as a vm context or a test runner. */
function isErrorLike(error: unknown): boolean {
  return Object.prototype.toString.call(error) === "[object Error]";
}

/** Where a function was called. */
function framesTo(called: () => void): string {
  const place = { stack: "" };
  Error.captureStackTrace(place, called);
  return place.stack.split("\n").slice(1).join("\n");
}
