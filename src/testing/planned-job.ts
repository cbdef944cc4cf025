// A plan for tests of the core: of a job's text, whose data is one file that needs not be there.

import type { ContentId } from "../core/content.ts";
import { PLAN_FORMAT, type Plan } from "../core/plan.ts";
import type { Graph, StepNode } from "../spec/graph.ts";
import { loaded } from "./loaded-job.ts";

export const NODES = `
type: pipeline
jobs:
  a: {command: "echo > \${{outputs.o}}", inputs: {__proto__: {type: uri_file, path: ./in.txt}}, outputs: {o: {type: uri_file}}}
  b: {command: "cat \${{inputs.x}}", inputs: {x: "\${{parent.jobs.a.outputs.o}}"}}
  c: {command: ls}
`;

export function planOf(text = NODES, options: Partial<Plan["options"]> = {}): Plan {
  const { graph } = loaded(text, { files: { "in.txt": "1" } });
  const content = {
    kind: "file",
    id: "sha256:1" as ContentId,
    sizeBytes: 1,
    files: 1,
    seal: "s",
  } as const;
  return {
    format: PLAN_FORMAT,
    graph: graph as Graph,
    codes: [],
    environments: [],
    steps: (graph as Graph).steps.map((step: StepNode) => ({
      nodeId: step.path,
      code: null,
      environment: 0,
      data: Object.fromEntries(
        Object.entries(step.inputs).flatMap(([name, input]) =>
          input.source.kind === "data"
            ? [[name, { path: "/p/in.txt", content, asset: null, written: "./in.txt" }]]
            : [],
        ),
      ),
      demand: { cpus: 1, memoryBytes: 0, gpus: 0 },
    })),
    options: { force: [], skip: [], taken: {}, onlyCached: false, passEnv: [], ...options },
  };
}
