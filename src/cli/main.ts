// The entry point of the command line: finds the verb, loads only what that verb needs, and turns whatever happens into
// an exit code. 70 is a bug of ours; nothing else may reach it.

import { ownHeap } from "../operations/heap-growth.ts";
import { VERSION } from "../version.ts";
import { COMMANDS, HIDDEN } from "./commands.ts";
import { type Context, Exit } from "./context.ts";
import { machineFailure } from "./machine-failure.ts";
import { repeatSet } from "./repeat-set.ts";
import { leaveUselessTemporary } from "./temporary-folder.ts";
import { createTerminal, type Terminal } from "./terminal.ts";
import { emptyOption, valuelessOption } from "./valueless-option.ts";

const MIN_NODE = [20, 19] as const;

/** Something went to stdout. */
let isAnswered = false;

async function main(words: readonly string[]): Promise<number> {
  const streams = createTerminal(process.env);
  const out = (text: string): void => {
    isAnswered = true;
    streams.out(text);
  };
  const terminal: Terminal = { ...streams, out };
  const platform = unsupported();
  if (platform !== null) {
    terminal.note(platform);
    return 4;
  }
  leaveUselessTemporary(terminal.note);
  haveSomePath();
  const { workspace, format, rest: typed, valueless } = takeGlobals(words);
  const rest = asHelpOption(typed);
  if (valueless !== null) return withoutValue(terminal, valueless, rest);
  const verb = rest.find((word) => !word.startsWith("-"));
  if (rest[0] === "--version" || rest[0] === "-V") {
    terminal.out(VERSION);
    return 0;
  }
  const { Command } = await import("commander");
  const program = new Command("stepwell")
    .description("Runs machine-learning pipelines and reruns only what changed.")
    .option("--workspace <folder>", "folder that holds .stepwell/ (also STEPWELL_WORKSPACE)")
    .option("-o, --output <format>", "json, yaml, tsv or table, where a command has --json")
    .option("-V, --version", "print the version")
    // Options behind the verb are the verb's own: `data create --version 2`.
    .enablePositionalOptions()
    .showHelpAfterError("(see --help)")
    .exitOverride();
  const { createContext } = await import("./create-context.ts");
  const shown = format === null ? terminal : await inOutputFormat(terminal, format);
  if (shown === null) return 2;
  const context: Context = createContext(shown, workspace, words, asksForJson(rest));
  for (const [name, entry] of Object.entries(COMMANDS)) {
    if (HIDDEN.has(name) && verb !== name) continue;
    const command = program.command(name).description(entry.summary).exitOverride();
    if (name !== verb) continue;
    (await entry.load()).define(command, context);
    const unfilled = valuelessOption(command, rest);
    if (unfilled !== null) return withoutValue(shown, unfilled, rest);
    const empty = emptyOption(command, rest);
    if (empty !== null) return withEmptyValue(shown, empty, rest);
    if (format === null || [command, ...command.commands].some(hasJson)) continue;
    terminal.note(`error: ${name} prints no object: it has no -o`);
    return 2;
  }
  if (verb === undefined && rest.length === 0) {
    terminal.out(program.helpInformation());
    return 2;
  }
  return parse(program, repeatSet(rest), shown);
}

/**
 * `help VERB` is `VERB --help`: of a verb that is not asked for, commander knows the name alone. Of a verb that there is
 * not, no help either.
 */
function asHelpOption(words: readonly string[]): readonly string[] {
  const asked = words[0] === "help" ? [...words.slice(1), "--help"] : words;
  const [verb = "-"] = asked;
  if (verb.startsWith("-") || verb === "help" || Object.hasOwn(COMMANDS, verb)) return asked;
  return asked.filter((word) => word !== "--help" && word !== "-h");
}

function withoutValue(terminal: Terminal, option: string, words: readonly string[]): number {
  const message = `error: option '${option}' argument missing`;
  terminal.note(`${message}\n(see --help)`);
  if (asksForJson(words)) terminal.out(wrongUsage(new Error(message)));
  return 2;
}

function withEmptyValue(terminal: Terminal, option: string, words: readonly string[]): number {
  const hint = "is a variable in your command line unset? Leave the option out, or give it a value";
  const message = `the value of ${option} is empty`;
  terminal.note(`error: ${message}\n  ${hint}`);
  if (asksForJson(words)) terminal.out(wrongUsage(new Error(message), hint));
  return 2;
}

/** As shells have it, and `execvp`: without one, some programs would be found and others not. */
function haveSomePath(): void {
  process.env.PATH ??= "/usr/local/bin:/usr/bin:/bin";
}

async function parse(
  program: import("commander").Command,
  rest: readonly string[],
  terminal: Terminal,
): Promise<number> {
  try {
    await program.parseAsync([...rest], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof Exit) return error.code;
    const code = (error as { code?: string }).code ?? "";
    if (code === "commander.helpDisplayed") return 0;
    // Of `data` and the like alone: which of its verbs is meant?
    if (code === "commander.help") return rest.includes("help") ? 0 : 2;
    if (!code.startsWith("commander.")) throw error;
    // To a person it has been told already.
    if (asksForJson(rest)) terminal.out(wrongUsage(error as Error));
    return 2;
  }
}

function asksForJson(words: readonly string[]): boolean {
  const dashes = words.indexOf("--");
  return words.slice(0, dashes < 0 ? words.length : dashes).includes("--json");
}

function wrongUsage({ message }: Error, hint = "see --help"): string {
  const error = { code: "wrong_usage", message: message.replace(/^error: /, ""), hint };
  return JSON.stringify({ schema: 1, error });
}

function hasJson(command: import("commander").Command): boolean {
  return command.options.some((option) => option.long === "--json");
}

/** Every result of a command in the form that `-o` asks for; null where there is no such form. */
async function inOutputFormat(terminal: Terminal, format: string): Promise<Terminal | null> {
  const { inFormat, isOutputFormat, OUTPUT_FORMATS } = await import("./output-format.ts");
  if (isOutputFormat(format))
    return { ...terminal, out: (text) => terminal.out(inFormat(format, text)) };
  terminal.note(`error: -o ${format}: it is one of ${OUTPUT_FORMATS.join(", ")}`);
  return null;
}

interface Globals {
  readonly workspace: string | null;
  /** `-o`, unchecked, or null. */
  readonly format: string | null;
  readonly rest: readonly string[];
  /** One of them that stands last or before another option, without its value; or null. */
  readonly valueless: string | null;
}

const TAKEN: ReadonlyMap<string, "workspace" | "format"> = new Map([
  ["--workspace", "workspace"],
  ["--output", "format"],
  ["-o", "format"],
]);

/**
 * `--workspace DIR` and `-o FORMAT` are global options: they may stand before or after the verb, but not behind `--`.
 * A format is `--json` to the verb, except for `table`, which is what people see anyhow.
 */
function takeGlobals(words: readonly string[]): Globals {
  const taken: { workspace: string | null; format: string | null } = {
    workspace: null,
    format: null,
  };
  const rest: string[] = [];
  let valueless: string | null = null;
  const open = [...words];
  for (let word = open.shift(); word !== undefined; word = open.shift()) {
    const [name = "", ...value] = word.split("=");
    const key = TAKEN.get(name);
    if (word === "--") rest.push(word, ...open.splice(0));
    else if (key === undefined) rest.push(word);
    else if (value.length === 0 && (open[0]?.startsWith("--") ?? true)) valueless = word;
    else taken[key] = value.length === 0 ? (open.shift() as string) : value.join("=");
  }
  if (taken.format === null || taken.format === "table") return { ...taken, rest, valueless };
  const dashes = rest.indexOf("--");
  rest.splice(dashes < 0 ? rest.length : dashes, 0, "--json");
  return { ...taken, rest, valueless };
}

function unsupported(): string | null {
  if (process.platform === "win32")
    return "Stepwell runs on Windows through WSL 2: install it with `wsl --install`, then use Stepwell inside it.";
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const old = major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1]);
  return old
    ? `Stepwell needs Node ${MIN_NODE.join(".")} or newer; this is ${process.version}.`
    : null;
}

// Whoever reads our output may leave before its end (`| head`, a terminal that was closed), and the disk of a file that
// takes it may be full: what the command does goes on, except following a log.
process.stderr.on("error", () => {});
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") return toldThatUnwritten(error);
  if (process.argv.includes("logs")) process.exit(0);
});

let isUnwritten = false;
function toldThatUnwritten(error: Error): void {
  if (isUnwritten) return;
  isUnwritten = true;
  process.stderr.write(`error: what the command printed could not be written: ${error.message}\n`);
  process.once("exit", () => {
    if (process.exitCode === 0) process.exitCode = 4;
  });
}

ownHeap();

// Else Node opens a port, by which whoever is on the machine runs code as us.
process.on("SIGUSR1", () => {});

// When nothing is left that could happen Node ends, and calls it a success, whatever is still waited for.
process.exitCode = 70;
const onNothingLeft = (): void =>
  void process.stderr.write(
    "stepwell: this is a bug of Stepwell (please report it): it waits for something that cannot come\n",
  );
process.once("beforeExit", onNothingLeft);
const ended = main(process.argv.slice(2));
ended.finally(() => process.off("beforeExit", onNothingLeft)).catch(() => {});
ended.then((code) => {
  process.exitCode = code;
}, tellFailure);

/** For people on stderr; as the one object where `--json` asks for it and nothing was answered yet. */
function tellFailure(error: unknown): void {
  const known = machineFailure(error);
  const stack = (error as Error)?.stack ?? String(error);
  const code = known?.code ?? "bug";
  const message = known?.message ?? `this is a bug of Stepwell: ${String(error)}`;
  const hint = known === null ? "please report it" : known.hint;
  process.stderr.write(
    known === null
      ? `stepwell: this is a bug of Stepwell (please report it)\n${stack}\n`
      : `error: ${message}\n  ${hint}\n`,
  );
  if (!isAnswered && asksForJson(process.argv.slice(2)))
    process.stdout.write(`${JSON.stringify({ schema: 1, error: { code, message, hint } })}\n`);
  process.exitCode = known?.exitCode ?? 70;
}
