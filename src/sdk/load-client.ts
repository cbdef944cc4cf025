// The door to the client, which is loaded when something is run: defining pipelines needs none of it.

import type { PipelineParts } from "./pipeline-parts.ts";
import { originOfCall } from "./place.ts";
import type { PlanOptions, Run, SubmitOptions } from "./run.ts";
import type { PlanReport } from "./run-report.ts";
import { type Finding, StepwellError } from "./stepwell-error.ts";
import type { Workspace } from "./workspace.ts";

/** Inputs as they were given, of whatever type. */
interface Given {
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/** What the client can do. */
export interface Client {
  submit(parts: PipelineParts, options: SubmitOptions & Given): Promise<Run>;
  plan(parts: PipelineParts, options: PlanOptions & Given): Promise<PlanReport>;
  validate(parts: PipelineParts, options: PlanOptions & Given): Promise<readonly Finding[]>;
  openWorkspace(folder: string | null): Promise<Workspace>;
}

/**
 * Throws at once where nothing may be run; the import is that of one file, in sources and in the package.
 *
 * @param call How messages name what was called.
 */
export function clientFor(call: string): Promise<Client> {
  refuseWithin(call);
  return import("../client/client.ts").then(({ client }) => client);
}

function refuseWithin(call: string): void {
  const refuse = (code: string, reason: string, hint: string): never => {
    throw new StepwellError(code, `${call} is called ${reason}`, hint, [], originOfCall()());
  };
  if (set(process.env.STEPWELL_ATTEMPT))
    refuse(
      "inside_step",
      "inside of a step",
      "a step does its own work only: move the call to the program that runs the pipeline",
    );
  const file = process.env.STEPWELL_READING;
  if (set(file))
    refuse(
      "while_reading",
      `while ${file} is being read`,
      "`stepwell run FILE` runs it by itself; where `node FILE` shall too, put the call behind: if (process.argv[1] === import.meta.filename)",
    );
}

function set(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
