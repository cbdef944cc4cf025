// The one end that the process of a function step has: finished, or failed with a message. Catches the ends that would
// look like success.

import { inspect } from "node:util";

export class EndWatch {
  #state: "running" | "finished" | "failed" = "running";
  readonly #exit = process.exit.bind(process);
  readonly #later = setTimeout;
  /** The first refusal: the step fails by it whatever its code makes of it. */
  #refused: Error | null = null;

  constructor() {
    process.on("uncaughtException", (error) => this.failWith(error));
    process.on("unhandledRejection", (error) => this.failWith(error));
    process.on("exit", () => this.#atExit());
    process.exit = ((code?: number) => {
      if (this.#state !== "running") return this.#exit(code);
      return this.fail(`called process.exit(${code ?? ""})\n${framesTo(process.exit)}`);
    }) as typeof process.exit;
  }

  refuse(error: Error): void {
    this.#refused ??= error;
  }

  /** What the function still has open goes on until it is done: the process then ends by itself. */
  finish(): void {
    if (this.#refused !== null) this.failWith(this.#refused);
    this.#state = "finished";
    this.#later(() => this.#tellWhatIsOpen(), TOLD_AFTER_MS).unref();
  }

  #tellWhatIsOpen(): void {
    const open = openResources();
    const what = open.length === 0 ? "a thread, or the like" : open.join(", ");
    const text = `has returned; the process still waits for: ${what} (see limits.timeout)`;
    process.stderr.write(`run of ${stepWords()} ${text}\n`);
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
    this.#tellRefused(text);
    return this.#exit(1);
  }

  #atExit(): void {
    if (this.#state === "failed") return;
    if (this.#state === "running") {
      const text = "ended without finishing: a promise never settled";
      process.stderr.write(`run of ${stepWords()} ${text}\n`);
    } else if (this.#refused === null) return;
    process.exitCode = 1;
    this.#state = "failed";
    this.#tellRefused("");
  }

  /** Unless it was said: an error often stands for another, and this one is the cause. */
  #tellRefused(said: string): void {
    if (this.#refused === null || said.includes(this.#refused.message)) return;
    process.stderr.write(`${inspect(this.#refused)}\n`);
  }
}

const TOLD_AFTER_MS = 5000;

/** What keeps the process from ending, each kind once. Streams of the process itself do not. */
function openResources(): readonly string[] {
  const open = [...process.getActiveResourcesInfo()];
  for (const { _handle: handle } of [process.stdout, process.stderr] as readonly WithHandle[]) {
    const at = open.indexOf(`${handle?.constructor.name ?? ""}Wrap`);
    if (at !== -1) open.splice(at, 1);
  }
  return [...new Set(open)].sort();
}

interface WithHandle {
  readonly _handle?: object;
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
