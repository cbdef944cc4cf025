// The options that `run`, `plan` and `rerun` share, and how they become what the operations take.

import path from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import type { DefinitionOptions } from "../operations/definitions/load-definition.ts";
import {
  type PreparedDefinition,
  prepareDefinition,
} from "../operations/plans/prepare-definition.ts";
import type { PrepareOptions } from "../operations/plans/prepare-plan.ts";
import { selectSteps } from "../operations/plans/select-steps.ts";
import { isHandedOver } from "../operations/recorded/handed-variables.ts";
import { SHORTEST_MASKED } from "../operations/recorded/read-log.ts";
import { isRefusal } from "../operations/refusal.ts";
import type { Workspace } from "../operations/workspace.ts";
import type { Graph } from "../spec/graph.ts";
import { put } from "../spec/own-keys.ts";
import { isVariableName, NO_VARIABLE_NAME } from "../spec/passed-variables.ts";
import type { Context } from "./context.ts";

/** As commander collects them. */
export interface DefinitionFlags {
  readonly set?: readonly string[];
  readonly input?: readonly string[];
  readonly compute?: string;
  readonly env?: readonly string[];
  readonly from?: string;
  readonly until?: string;
  readonly force?: true | string;
  readonly locked?: boolean;
  readonly write?: boolean;
}

export const collect = (value: string, all: readonly string[] = []): readonly string[] => [
  ...all,
  value,
];

/** Adds the options that change what would run. */
export function addDefinitionOptions(command: Command): Command {
  return command
    .option(
      "--set <path=value>",
      "change any field: --set jobs.train.inputs.alpha=0.2",
      collectPair,
    )
    .option("--input <name=value>", "set an input of the pipeline", collectPair)
    .option("--compute <name>", "use this compute instead of every one in the file")
    .option(
      "--env <name[=value]>",
      "hand a variable to the steps (its value is never recorded)",
      (text: string, all: readonly string[] = []) => [...all, variable(command, text)],
    )
    .option("--from <step>", "take everything not below STEP from the latest run as recorded")
    .option("--until <step>", "skip what STEP does not need")
    .option("--force [steps]", FORCE_HELP, collectForced)
    .option("--write", "write what is missing into stepwell.yml: computes, as this machine")
    .option("--locked", "fail rather than resolve an environment (default when CI is set)");
}

export const FORCE_HELP = "rerun all steps, or STEP[,STEP…], even if unchanged";

/** Steps of several `--force` together; one without steps means all. */
export function collectForced(steps: string, before?: true | string): true | string {
  if (before === true) return true;
  return before === undefined ? steps : `${before},${steps}`;
}

function collectPair(value: string, all: readonly string[] = []): readonly string[] {
  if (!/^[^=]+=/.test(value)) throw new InvalidArgumentError("expected NAME=VALUE");
  return [...all, value];
}

/** Refused without its value, which may be a secret. `NAME*`, without a value, is every variable that begins so. */
function variable(command: Command, text: string): string {
  const name = envName(text);
  if (isVariableName(name) || /^(?:[A-Za-z_]\w*)?\*$/.test(text)) return text;
  if (name === "") throw new InvalidArgumentError("expected NAME or NAME=VALUE");
  return command.error(`error: --env ${name}: ${NO_VARIABLE_NAME}`);
}

export function definitionOptions(
  context: Context,
  file: string,
  flags: DefinitionFlags,
): DefinitionOptions {
  return {
    file: path.resolve(context.currentFolder, file),
    set: (flags.set ?? []).map(pair).map(([name, value]) => ({ path: name, value })),
    inputs: Object.fromEntries((flags.input ?? []).map(pair)),
    compute: flags.compute ?? null,
  };
}

function pair(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}

/** From the file of a command line to its plan. `mayResolve`: locks of environments that are missing are made. */
export function prepareFile(
  context: Context,
  workspace: Workspace,
  file: string,
  flags: PlanFlags,
  mayResolve: boolean,
): Promise<PreparedDefinition> {
  const definition = { ...definitionOptions(context, file, flags), until: flags.until ?? null };
  return prepareDefinition(workspace, definition, async (graph) => ({
    ...(await prepareOptions(context, workspace, graph, flags)),
    mayResolve,
  }));
}

type PlanFlags = DefinitionFlags & {
  readonly onlyCached?: boolean;
  readonly strict?: boolean;
  readonly keepWork?: boolean;
  readonly json?: boolean;
};

/** What a run asks for beyond the definition; step names are checked against the graph. */
async function prepareOptions(
  context: Context,
  workspace: Workspace,
  graph: Graph,
  flags: PlanFlags,
): Promise<Omit<PrepareOptions, "mayResolve">> {
  const selected = await selectSteps(workspace, graph, {
    force: forced(flags.force),
    from: flags.from ?? null,
    until: flags.until ?? null,
    fromRun: null,
  });
  if (isRefusal(selected)) return context.refuse(selected, flags.json);
  for (const warning of selected.warnings) context.terminal.note(`warning: ${warning}`);
  const names = (flags.env ?? []).map(envName);
  return {
    force: selected.force,
    skip: selected.skip,
    taken: selected.taken,
    onlyCached: flags.onlyCached ?? false,
    strict: flags.strict ?? false,
    keepWork: flags.keepWork ?? false,
    passEnv: [...new Set([...workspace.config.passEnv, ...names])].sort(),
    locked: flags.locked ?? isSet(context.shell.CI),
  };
}

/** `--force`, alone or with steps. */
export function forced(flag: true | string | undefined): "all" | readonly string[] {
  if (flag === true) return "all";
  return flag === undefined ? [] : flag.split(",").filter((name) => name !== "");
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}

/** `--env NAME=V` → values given here; `--env NAME` takes the shell's own. */
export function givenVariables(context: Context, flags: DefinitionFlags): Record<string, string> {
  const given: Record<string, string> = {};
  for (const text of flags.env ?? []) {
    const at = text.indexOf("=");
    const name = at < 0 ? text : text.slice(0, at);
    const value = at < 0 ? context.shell[name] : text.slice(at + 1);
    if (value !== undefined) put(given, name, value);
  }
  return given;
}

/** Of a plan too: what a run will lack is of use before it runs. Once a command, however many runs it makes. */
export function warnOfVariables(
  { shell, terminal }: Context,
  workspace: Workspace,
  flags: DefinitionFlags,
): void {
  const values = new Map((flags.env ?? []).map((text) => [envName(text), text] as const));
  for (const [name, text] of values) {
    const value = text === name ? shell[name] : text.slice(name.length + 1);
    if (value === undefined && !isHandedOver(workspace, name))
      terminal.note(
        `warning: --env ${name}: this shell has no such variable to hand to the steps: export it${isVariableName(name) ? `, or write --env ${name}=VALUE` : ""}`,
      );
    else if (value && value.length < SHORTEST_MASKED)
      terminal.note(
        `warning: --env ${name}: a value of fewer than ${SHORTEST_MASKED} characters is not masked in logs`,
      );
  }
}

function envName(text: string): string {
  return text.split("=", 1)[0] as string;
}
