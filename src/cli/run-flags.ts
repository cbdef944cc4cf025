// What may be said of a run when it is submitted or followed, and what it means. For `run`, `run --each` and `rerun`.

import { type Command, InvalidArgumentError } from "commander";
import { refuse } from "../operations/refusal.ts";
import type { Context } from "./context.ts";
import type { FileFlag } from "./definition-file.ts";
import type { DefinitionFlags } from "./run-options.ts";
import type { SeeOptions } from "./see-through.ts";

export interface RunFlags extends DefinitionFlags, FileFlag {
  readonly name?: string;
  readonly experiment?: string;
  readonly tag?: readonly string[];
  readonly detach?: boolean;
  readonly priority: string;
  readonly json?: boolean;
  readonly onlyCached?: boolean;
  readonly strict?: boolean;
  readonly keepWork?: boolean;
  readonly logs?: boolean;
  readonly stream?: boolean;
  readonly resume?: string;
  readonly each?: readonly string[];
  readonly maxConcurrent?: string;
  readonly idempotencyKey?: string;
}

/** The options of `run` and `rerun` that say how a run is recorded and followed. */
export function addRunOptions(command: Command): Command {
  return command
    .option("--name <name>", "name of the run (default: the pipeline's name and a number)")
    .option("--experiment <name>", "experiment to file it under")
    .option("--tag <key=value>", "tag of the run", collectTag)
    .option("--priority <n>", "-10 … 10; higher goes first", "0")
    .option("--detach", "submit, print the name, and let it go on by itself")
    .option("--only-cached", "fail at the first step that would run")
    .option("--strict", "fail steps that read files or ask hosts which they do not declare")
    .option("--keep-work", "keep the work folder of every step")
    .option("--logs", "show what steps print, as it comes (default when one step runs)")
    .option("--no-logs", "do not show it")
    .option("--stream", "the same as --logs, as az ml writes it")
    .option("--idempotency-key <key>", "submitting again with the same key gives the same run")
    .option("--json", "print one JSON object at the end");
}

/** How a run is followed, as `run` and `rerun` are asked to. */
export function seeOptions(flags: RunFlags): SeeOptions {
  return {
    json: flags.json ?? false,
    logs: flags.logs ?? flags.stream ?? null,
  };
}

export function collectTag(text: string, all: readonly string[] = []): readonly string[] {
  if (/^\s*=/.test(text)) throw new InvalidArgumentError("expected KEY=VALUE");
  return [...all, text];
}

export function tagsOf(tags: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    tags.map((text) => {
      const at = text.indexOf("=");
      return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

export function priorityOf(context: Context, text: string): number {
  const priority = Number(text);
  if (Number.isInteger(priority) && Math.abs(priority) <= 10) return priority;
  return context.refuse(
    refuse("wrong_usage", `--priority ${text}: expected a whole number from -10 to 10`),
  );
}
