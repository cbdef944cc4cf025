// From a pipeline in memory and what is asked of it to a plan.

import path from "node:path";
import { reportOf } from "../modules/report-of.ts";
import type { ModuleSource } from "../operations/definitions/load-definition.ts";
import { asRead } from "../operations/definitions/read-module.ts";
import {
  type PreparedDefinition,
  prepareDefinition,
} from "../operations/plans/prepare-definition.ts";
import { selectSteps } from "../operations/plans/select-steps.ts";
import type { Workspace } from "../operations/workspace.ts";
import type { PipelineParts } from "../sdk/pipeline-parts.ts";
import type { PlanOptions, SubmitOptions } from "../sdk/run.ts";
import { StepwellError } from "../sdk/stepwell-error.ts";
import { accepted } from "./refused.ts";

export type Asked = PlanOptions &
  Pick<SubmitOptions, "onlyCached" | "strict"> & {
    readonly inputs?: Readonly<Record<string, unknown>>;
    /** The run that `from` takes results of; unless given the latest of the pipeline. */
    readonly fromRun?: string;
  };

/** The file that defines it; where that is not known (a notebook, `eval`) one of the current folder that is not there. */
export function fileOf(parts: PipelineParts): string {
  return parts.origin()?.file ?? path.resolve(`${parts.name}.ts`);
}

/** `mayResolve`: locks of environments that are missing are made. */
export function preparePipeline(
  workspace: Workspace,
  parts: PipelineParts,
  asked: Asked,
  mayResolve: boolean,
): Promise<PreparedDefinition> {
  const file = fileOf(parts);
  const definition = {
    file,
    set: Object.entries(asked.set ?? {}).map(([at, value]) => ({ path: at, value: text(value) })),
    inputs: inputTexts(asked.inputs ?? {}),
    compute: asked.compute ?? null,
    until: asked.until ?? null,
    source: sourceOf(parts, file),
  };
  const { config, shell } = workspace;
  return prepareDefinition(workspace, definition, async (graph) => {
    const selected = accepted(
      await selectSteps(workspace, graph, {
        force: forced(asked.force),
        from: asked.from ?? null,
        until: asked.until ?? null,
        fromRun: asked.fromRun ?? null,
      }),
    );
    return {
      force: selected.force,
      skip: selected.skip,
      taken: selected.taken,
      onlyCached: asked.onlyCached ?? false,
      strict: asked.strict ?? false,
      keepWork: false,
      passEnv: [...new Set([...config.passEnv, ...Object.keys(asked.env ?? {})])].sort(),
      locked: asked.locked ?? isSet(shell.CI),
      mayResolve,
    };
  });
}

function sourceOf(parts: PipelineParts, file: string): ModuleSource {
  return async ({ functions, places }) => {
    const request = { file, folder: path.dirname(file), form: "job", functions, places } as const;
    return asRead(file, await reportOf(parts, request));
  };
}

/** `force` as the operations take it. */
export function forced(force: boolean | readonly string[] | undefined): "all" | readonly string[] {
  if (force === true) return "all";
  return force === undefined || force === false ? [] : force;
}

/** Inputs as texts, as the command line has them: what they mean is decided by their declared types. */
function inputTexts(inputs: Readonly<Record<string, unknown>>): Record<string, string> {
  const given = Object.entries(inputs).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, inputText(name, value)]));
}

function inputText(name: string, value: unknown): string {
  if (typeof value === "string" || typeof value === "boolean") return String(value);
  if (typeof value === "number" && Number.isFinite(value)) return text(value);
  const what = value instanceof Promise ? "a promise" : `${value === null ? "null" : typeof value}`;
  throw new StepwellError(
    "bad_input",
    `input \`${name}\` is ${typeof value === "number" ? value : what}`,
    "give a text, a finite number, true or false; data by its path or name",
  );
}

/** YAML takes `1e-7` for a text: numbers of that form get a point. */
function text(value: string | number | boolean): string {
  if (typeof value !== "number") return String(value);
  return /^-?\d+e/.test(String(value)) ? String(value).replace("e", ".0e") : String(value);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}
