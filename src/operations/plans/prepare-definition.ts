// From a file to a plan: reads the definition, asks what is wanted of it, and prepares it. Everything that is wrong is
// told at once, with its place.

import { existsSync } from "node:fs";
import type { Graph, StepInput, StepNode } from "../../spec/graph.ts";
import type { Problem } from "../../spec/problem.ts";
import { checkCommands } from "../definitions/check-commands.ts";
import type { DefinitionSource } from "../definitions/definition-source.ts";
import { createFieldPlaces, type GivenOptions } from "../definitions/field-places.ts";
import {
  type DefinitionOptions,
  type LoadedDefinition,
  loadDefinition,
  type ModuleSource,
} from "../definitions/load-definition.ts";
import { isRefusal, type Refusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { withoutLeftOut } from "./left-out.ts";
import { type Prepared, type PrepareOptions, preparePlan } from "./prepare-plan.ts";

/** What a plan is made of: a file, or a pipeline in memory that says it is defined there. */
export interface DefinitionToPrepare extends DefinitionOptions {
  readonly source?: ModuleSource;
  /** `--until`: what only steps lack that it leaves out is no error. */
  readonly until?: string | null;
}

export interface PreparedDefinition extends Prepared {
  /** What is to be kept of what it was read from; null: nothing. */
  readonly readFrom: DefinitionSource | null;
}

/**
 * `optionsFor` is given the graph because names of steps are checked against it; where it refuses, so does all of it.
 */
export async function prepareDefinition<Options extends PrepareOptions | Refusal>(
  workspace: Workspace,
  { source, until = null, ...definition }: DefinitionToPrepare,
  optionsFor: (graph: Graph) => Promise<Options>,
): Promise<PreparedDefinition | Extract<Options, Refusal>> {
  const settings = source === undefined ? {} : { source };
  const load = async (fresh: boolean): Promise<LoadedDefinition> => {
    const loaded = await loadDefinition(workspace, definition, { ...settings, fresh });
    return withoutLeftOut(loaded, until, workspace.config.limits);
  };
  const loaded = await load(false);
  const prepared = await prepare(workspace, loaded, definition, optionsFor);
  // A graph that was read back does not know where the mistake stands that was made around it since: whoever reads does.
  if (isRefusal(prepared) || prepared.plan !== null || !loaded.isCached) return prepared;
  const anew = await load(true);
  return anew.graph === null ? prepare(workspace, anew, definition, optionsFor) : prepared;
}

async function prepare<Options extends PrepareOptions | Refusal>(
  workspace: Workspace,
  { graph, draft, problems, readFrom, atSource }: LoadedDefinition,
  given: GivenOptions,
  optionsFor: (graph: Graph) => Promise<Options>,
): Promise<PreparedDefinition | Extract<Options, Refusal>> {
  if (graph === null) {
    const also =
      draft === null ? [] : await atSource(await mistakesBehind(workspace, draft, given));
    const told = new Set(problems.map(placeOf));
    const all = [...problems, ...also.filter((one) => !told.has(placeOf(one)))];
    return { plan: null, problems: all, exitCode: 2, unresolved: new Map(), readFrom };
  }
  const options = await optionsFor(graph);
  if (isRefusal<PrepareOptions>(options)) return options as Extract<Options, Refusal>;
  const prepared = await preparePlan(workspace, graph, { ...options, given });
  const isInvalid = problems.some(isError);
  // That a path is not there was told by reading.
  const told = new Set(problems.filter(({ lacks }) => lacks !== undefined).map(placeOf));
  const found = (await atSource(prepared.problems)).filter((one) => !told.has(placeOf(one)));
  return {
    ...prepared,
    plan: isInvalid ? null : prepared.plan,
    problems: [...problems, ...found],
    exitCode: isInvalid ? 2 : prepared.exitCode,
    readFrom,
  };
}

const NOTHING_ASKED: PrepareOptions = {
  force: [],
  skip: [],
  taken: {},
  onlyCached: false,
  strict: false,
  keepWork: false,
  passEnv: [],
  mayResolve: false,
  nearOnly: true,
  locked: false,
};

/** What nobody but this machine and its record can know. The rest is found by reading, or follows from another mistake. */
const LACKS: ReadonlySet<string> = new Set([
  "unknown_asset",
  "unknown_datastore",
  "unknown_environment",
  "unknown_run",
  "unknown_output",
  "too_many_gpus",
  "missing_path",
]);

/** What else is wrong with a definition that is wrong anyway: told with its other mistakes, not after them. */
async function mistakesBehind(
  workspace: Workspace,
  draft: Graph,
  given: GivenOptions,
): Promise<readonly Problem[]> {
  const ofCommands = checkCommands(draft, createFieldPlaces(workspace.config.limits));
  const { problems } = await preparePlan(workspace, withoutLostPaths(draft), {
    ...NOTHING_ASKED,
    given,
  });
  return [...ofCommands, ...problems.filter((one) => LACKS.has(one.code))].filter(isError);
}

/** Local paths that are not there were told by reading: what is still missing then lies in a datastore. */
function withoutLostPaths(draft: Graph): Graph {
  const isLost = ({ source }: StepInput): boolean =>
    source.kind === "data" &&
    source.reference.kind === "local" &&
    !existsSync(source.reference.path);
  const found = (inputs: StepNode["inputs"]): StepNode["inputs"] =>
    Object.fromEntries(
      Object.entries(inputs).map(([name, input]) => [
        name,
        isLost(input) ? { ...input, source: { kind: "unset" } as const } : input,
      ]),
    );
  const steps = draft.steps.map((step) => ({ ...step, code: null, inputs: found(step.inputs) }));
  return { ...draft, steps };
}

/** Of what an option gave its name, which the message begins with. */
function placeOf({ position: at, message }: Problem): string {
  return at === null ? (message.split(": ", 1)[0] as string) : `${at.file}:${at.line}:${at.column}`;
}

function isError(problem: Problem): boolean {
  return problem.severity === "error";
}
