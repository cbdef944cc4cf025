// What of the record may come next in a command line that is being typed: names of runs, of steps and outputs of a run, of
// registered assets. Knows from the table of commands what each argument and option takes.

import type { Argument, Command, Option } from "commander";
import { outputNames } from "../operations/recorded/find-output.ts";
import { findRun } from "../operations/recorded/find-run.ts";
import { type RecordedRun, readRun } from "../operations/recorded/read-run.ts";
import { isRefusal } from "../operations/refusal.ts";
import type { Workspace } from "../operations/workspace.ts";
import type { AssetKind } from "../ports/records.ts";
import { stepNames } from "./targets.ts";

/** What a word of a command line is the name of. */
export type Named = "run" | "step" | "output" | AssetKind;

const RUN_ARGUMENTS: ReadonlySet<string> = new Set(["run", "before", "after"]);
const ASSET_ARGUMENTS: ReadonlySet<string> = new Set(["name", "words"]);
const ASSETS: ReadonlySet<string> = new Set<AssetKind>([
  "component",
  "data",
  "environment",
  "model",
]);

/** True: some word behind the verb is a name of the record. */
export function takesNames(verb: Command): boolean {
  return [verb, ...verb.commands].some(
    (command) =>
      command.options.some(takesRun) ||
      command.registeredArguments.some((one) => nameOf(verb, command, one) !== null),
  );
}

export interface Next {
  readonly named: Named;
  /** Arguments that are there already. */
  readonly before: readonly string[];
}

/** What comes next behind the words that follow a verb; null: a file, or a word of the user's own. */
export function nextWord(verb: Command, words: readonly string[]): Next | null {
  const inner = verb.commands.find((one) => one.name() === words[0]);
  const command = inner ?? verb;
  const { before, open } = split(command, inner === undefined ? words : words.slice(1));
  if (open !== null) return takesRun(open) ? { named: "run", before: [] } : null;
  const last = command.registeredArguments.at(-1);
  const argument = command.registeredArguments[before.length] ?? (last?.variadic ? last : null);
  const named = argument === null ? null : nameOf(verb, command, argument);
  return named === null ? null : { named, before };
}

/** The arguments among words, without options and their values; `open`: an option whose value comes next. */
function split(
  command: Command,
  words: readonly string[],
): { readonly before: readonly string[]; readonly open: Option | null } {
  const before: string[] = [];
  let open: Option | null = null;
  for (const word of words) {
    if (open !== null) {
      open = null;
      continue;
    }
    open = command.options.find((one) => one.required && isCalled(one, word)) ?? null;
    if (!word.startsWith("-")) before.push(word);
  }
  return { before, open };
}

function isCalled({ long, short }: Option, word: string): boolean {
  return word === long || word === short;
}

function takesRun({ flags }: Option): boolean {
  return flags.endsWith("<run>");
}

function nameOf(verb: Command, command: Command, argument: Argument): Named | null {
  const name = argument.name();
  const kind = verb.name();
  if (ASSETS.has(kind))
    return command !== verb && ASSET_ARGUMENTS.has(name) ? (kind as AssetKind) : null;
  if (command !== verb) return null;
  if (RUN_ARGUMENTS.has(name)) return "run";
  if (name === "step") return "step";
  return kind === "outputs" && name === "name" ? "output" : null;
}

/** So many of the newest runs: nobody chooses from more. */
const RUNS = 100;

export async function namesIn(workspace: Workspace, next: Next): Promise<readonly string[]> {
  const { named, before } = next;
  switch (named) {
    case "run": {
      const runs = await workspace.records.runs({ limit: RUNS });
      return [...runs.map(({ name }) => name), "last", "last-failed"];
    }
    case "step":
      return ofRun(workspace, before[0], stepNames);
    case "output":
      return ofRun(workspace, before[0], outputNames);
    default: {
      const assets = before.length > 0 ? [] : await workspace.records.assets(named, null);
      return [...new Set(assets.map(({ name }) => name))];
    }
  }
}

async function ofRun(
  workspace: Workspace,
  word: string | undefined,
  names: (run: RecordedRun) => readonly string[],
): Promise<readonly string[]> {
  const found = await findRun(workspace, word ?? null);
  const run = isRefusal(found) ? found : await readRun(workspace, found);
  return isRefusal(run) ? [] : names(run);
}
