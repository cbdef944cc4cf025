// A pipeline of one component of the library, run by the real command line. Knows no component.

import path from "node:path";
import type { RunView } from "../operations/recorded/run-view.ts";
import type { Rig } from "./rig.ts";

export interface LibraryRun {
  readonly run: RunView;
  readonly status: string;
  readonly log: string;
  readonly metrics: Readonly<Record<string, number>>;
  /** Path of something in an output. */
  at(output: string, name?: string): string;
}

export type Values = Readonly<Record<string, string | number | object>>;

/** `more`: other keys of the node. */
export function runComponent(
  rig: Rig,
  name: string,
  inputs: Values,
  more: Readonly<Record<string, unknown>> = {},
): LibraryRun {
  const component = `azureml://registries/stepwell/components/${name}`;
  const given = Object.keys(inputs).length === 0 ? {} : { inputs };
  const node = { component, ...given, ...more };
  rig.write("job.json", JSON.stringify({ type: "pipeline", jobs: { step: node } }));
  const run = rig.run("run", "job.json");
  const [step] = run.steps;
  return {
    run,
    status: step?.status ?? "",
    log: rig.cli("logs", run.name, "step").stdout,
    metrics: (step?.metrics ?? {}) as Readonly<Record<string, number>>,
    at: (output, file = "") => path.join(step?.outputs[output]?.path ?? "", file),
  };
}

/** Data by its path. */
export function file(path: string): object {
  return { type: "uri_file", path };
}

export function folder(path: string): object {
  return { type: "uri_folder", path };
}
