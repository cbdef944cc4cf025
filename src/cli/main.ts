#!/usr/bin/env node
// The entry point of the command line: finds the verb, loads only what that verb needs, and turns whatever happens into
// an exit code. 70 is a bug of ours; nothing else may reach it.

import { VERSION } from "../version.ts";
import { COMMANDS } from "./commands.ts";
import { type Context, Exit } from "./context.ts";
import { createTerminal } from "./terminal.ts";

const MIN_NODE = [20, 19] as const;

async function main(words: readonly string[]): Promise<number> {
  const terminal = createTerminal(process.env);
  const platform = unsupported();
  if (platform !== null) {
    terminal.note(platform);
    return 4;
  }
  const { workspace, rest } = takeWorkspace(words);
  const verb = rest.find((word) => !word.startsWith("-"));
  if (rest[0] === "--version" || rest[0] === "-V") {
    terminal.out(VERSION);
    return 0;
  }
  const { Command } = await import("commander");
  const program = new Command("stepwell")
    .description("Runs machine-learning pipelines and reruns only what changed.")
    .option("--workspace <folder>", "folder that holds .stepwell/ (also STEPWELL_WORKSPACE)")
    .option("-V, --version", "print the version")
    // Options behind the verb are the verb's own: `data create --version 2`.
    .enablePositionalOptions()
    .showHelpAfterError("(see --help)")
    .exitOverride();
  const { createContext } = await import("./create-context.ts");
  const context: Context = createContext(terminal, workspace, words);
  for (const [name, entry] of Object.entries(COMMANDS)) {
    if (name === "engine" && verb !== "engine") continue;
    const command = program.command(name).description(entry.summary).exitOverride();
    if (name === verb) (await entry.load()).define(command, context);
  }
  if (verb === undefined && rest.length === 0) {
    terminal.out(program.helpInformation());
    return 2;
  }
  return parse(program, rest);
}

async function parse(
  program: import("commander").Command,
  rest: readonly string[],
): Promise<number> {
  try {
    await program.parseAsync([...rest], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof Exit) return error.code;
    const code = (error as { code?: string }).code ?? "";
    if (code === "commander.helpDisplayed" || code === "commander.help") return 0;
    if (code.startsWith("commander.")) return 2;
    throw error;
  }
}

/** `--workspace DIR` is a global option: it may stand before or after the verb, but not behind `--`. */
function takeWorkspace(words: readonly string[]): {
  readonly workspace: string | null;
  readonly rest: readonly string[];
} {
  const rest: string[] = [];
  let workspace: string | null = null;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] as string;
    if (word === "--") {
      rest.push(...words.slice(at));
      break;
    }
    if (word === "--workspace" && at + 1 < words.length) {
      workspace = words[at + 1] as string;
      at += 1;
    } else if (word.startsWith("--workspace=")) workspace = word.slice("--workspace=".length);
    else rest.push(word);
  }
  return { workspace, rest };
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

const DISK_FULL =
  "error: the disk is full; nothing that was recorded is lost\n" +
  "  free some space (stepwell gc --dry-run shows what can go), then: stepwell run --resume RUN\n";

const BROKEN_DISK =
  "error: the disk reports an error, so nothing more is written; what was recorded is lost only if the disk lost it\n" +
  "  look at the disk (dmesg), then: stepwell run --resume RUN\n";

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    if (/database or disk is full|SQLITE_FULL|ENOSPC/.test(String(error))) {
      process.stderr.write(DISK_FULL);
      process.exitCode = 4;
      return;
    }
    if (/disk I\/O error|SQLITE_IOERR|\bEIO\b|Input\/output error/i.test(String(error))) {
      process.stderr.write(`${BROKEN_DISK}  ${(error as Error).message}\n`);
      process.exitCode = 4;
      return;
    }
    process.stderr.write(
      `stepwell: this is a bug of Stepwell (please report it)\n${(error as Error)?.stack ?? error}\n`,
    );
    process.exitCode = 70;
  },
);
