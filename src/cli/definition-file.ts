// Which definition file a command is about: the argument, `-f`, or the `pipeline.yml` of the current folder.

import fs from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { refuse } from "../operations/refusal.ts";
import type { Context } from "./context.ts";

export interface FileFlag {
  readonly file?: string;
}

/** What a pipeline is called where nothing else is said. */
export const DEFAULT_FILES = ["pipeline.yml", "pipeline.yaml", "pipeline.ts"] as const;

/** Adds the argument FILE and its other spelling, that of `az ml`. */
export function addFileArgument(command: Command): Command {
  return command
    .argument(
      "[file]",
      "pipeline or job file, or a TypeScript module (default: pipeline.yml, pipeline.yaml or pipeline.ts here)",
    )
    .option("-f, --file <file>", "the same, as az ml writes it");
}

/** How `run` opens a workspace: a file that is not there makes none in the folder where it was looked for. */
export function workspaceFor(context: Context, file: string): { create: "make" | "pretend" } {
  const isThere = fs.existsSync(path.resolve(context.currentFolder, file));
  return { create: isThere ? "make" : "pretend" };
}

export function definitionFile(
  context: Context,
  argument: string | undefined,
  flags: FileFlag & { readonly json?: boolean },
): string {
  if (argument !== undefined && flags.file !== undefined && argument !== flags.file)
    return context.refuse(
      refuse("wrong_usage", `two files are named: ${argument} and ${flags.file}`, "name one"),
      flags.json,
    );
  const named = argument ?? flags.file;
  if (named === "")
    return context.refuse(
      refuse(
        "wrong_usage",
        "the name of the file is empty",
        "is a variable in your command line unset? leave it out for pipeline.yml here",
      ),
      flags.json,
    );
  if (named !== undefined) return named;
  const there = DEFAULT_FILES.filter((name) =>
    fs.existsSync(path.join(context.currentFolder, name)),
  );
  const [only, second] = there;
  if (only !== undefined && second === undefined) return only;
  return context.refuse(
    second === undefined
      ? refuse(
          "wrong_usage",
          `there is no ${DEFAULT_FILES.join(" or ")} in ${context.currentFolder}`,
          wayOut(context.currentFolder),
        )
      : refuse("wrong_usage", `${there.join(" and ")} are both here`, "say which one"),
    flags.json,
  );
}

function wayOut(folder: string): string {
  const above = pipelineAbove(folder);
  if (above !== null) return `there is one above: name it, ${path.relative(folder, above)}`;
  return `name the file${othersHere(folder)}, or start one: stepwell init`;
}

/** Of the project that the folder lies in: not above its repository or workspace. */
function pipelineAbove(folder: string): string | null {
  const isProject = [".git", ".stepwell"].some((name) => fs.existsSync(path.join(folder, name)));
  const above = path.dirname(folder);
  if (isProject || above === folder) return null;
  const found = DEFAULT_FILES.map((name) => path.join(above, name)).find((at) => fs.existsSync(at));
  return found ?? pipelineAbove(above);
}

/** ` (job.yml, train.yml)`: what it may be; nothing where there is none. */
function othersHere(folder: string): string {
  const isOther = (name: string) => /\.ya?ml$/.test(name) && !/^(?:\.|stepwell\.)/.test(name);
  const names = fs.readdirSync(folder).filter(isOther).sort();
  const more = names.length > SHOWN ? ", …" : "";
  return names.length === 0 ? "" : ` (${names.slice(0, SHOWN).join(", ")}${more})`;
}

const SHOWN = 5;
