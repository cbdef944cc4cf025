import fc from "fast-check";
import { expect, it } from "vitest";
import type { Graph, StepNode } from "../spec/graph.ts";
import { loaded } from "../testing/loaded-job.ts";
import type { ContentId } from "./content.ts";
import { nodeId } from "./fingerprint.ts";
import { compactGraph, forgetText, packGraph, unpackGraph } from "./packed-graph.ts";
import type { Plan, PlannedStep } from "./plan.ts";
import { openPlan, planDocument } from "./plan-document.ts";

const JOB = `type: pipeline
settings: {default_compute: azureml:local}
inputs: {raw: {type: uri_file, path: azureml:raw@latest}}
jobs:
  prep:
    command: cp \${{inputs.raw}} \${{outputs.clean}}
    inputs: {raw: "\${{parent.inputs.raw}}", rate: 0.5, flag: true}
    outputs: {clean: {type: uri_folder, mode: rw_mount}}
    environment_variables: {A: "1"}
    tags: {a: b}
    retry: {max_retries: 2}
  train:
    command: echo \${{inputs.data}}
    inputs: {data: "\${{parent.jobs.prep.outputs.clean}}"}
    resources: {instance_count: 2}
    distribution: {type: pytorch, process_count_per_instance: 2}
    limits: {timeout: 60}
`;

function graphOf(text: string): Graph {
  const { graph } = loaded(text);
  if (graph === null) throw new Error("the job of this test is not valid");
  return graph;
}

it("reads a graph back as it was, with the names of its steps", () => {
  const graph = graphOf(JOB);
  const packed = packGraph(graph);
  const back = unpackGraph(packed.text);
  expect(back).toEqual(graph);
  expect(packGraph(back)).toEqual(packed);
  expect(packed.nodeIds).toEqual(graph.steps.map(nodeId));
  forgetText(back);
  expect(packGraph(back)).toEqual(packed);
});

it("makes a graph smaller and leaves it the same: equal parts of steps are one object", () => {
  const graph = graphOf(JOB.replace("train:", "other: {command: echo 1}\n  train:"));
  const compact = compactGraph(graph);
  expect(compact).toEqual(graph);
  const [, second, third] = compact.steps;
  expect(second?.reuse).toBe(third?.reuse);
  expect(packGraph(compact).id).toBe(packGraph(graph).id);
});

it("reads a graph that was recorded before steps had checkpoints or were traced", () => {
  const graph = graphOf(JOB);
  const packed = JSON.parse(packGraph(graph).text) as { columns: unknown[] };
  packed.columns.length -= 2;
  expect(unpackGraph(JSON.stringify(packed)).steps).toEqual(graph.steps);
});

it("gives equal graphs equal names and others other names", () => {
  const { id } = packGraph(graphOf(JOB));
  expect(packGraph(graphOf(JOB)).id).toBe(id);
  expect(packGraph(graphOf(JOB.replace("0.5", "0.6"))).id).not.toBe(id);
});

it("keeps every field of every step whatever it holds", () => {
  const [model] = graphOf(JOB).steps as [StepNode];
  const text = fc.string({ maxLength: 8 });
  const step = fc.record({
    path: text,
    command: fc.option(text),
    displayName: fc.option(text),
    environmentVariables: fc.dictionary(fc.string({ minLength: 1 }), text),
    timeoutSeconds: fc.option(fc.nat()),
    deterministic: fc.boolean(),
    typeSettings: fc.option(fc.jsonValue()),
    position: fc.option(fc.record({ file: text, line: fc.nat(), column: fc.nat() })),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
      const graph: Graph = {
        ...graphOf(JOB),
        steps: steps.map((one) => ({ ...model, ...one }) as StepNode),
      };
      const plain = JSON.parse(JSON.stringify(graph)) as Graph;
      expect(unpackGraph(packGraph(graph).text)).toEqual(plain);
    }),
    { numRuns: 200 },
  );
});

it("reads a plan back from its document and that of its graph", () => {
  const graph = graphOf(JOB);
  const steps = graph.steps.map(
    (step, index): PlannedStep => ({
      nodeId: nodeId(step),
      code: index === 0 ? 0 : null,
      environment: 0,
      data:
        index === 0
          ? {
              raw: {
                path: "/data/raw.csv",
                content: {
                  kind: "file",
                  id: "sha256:1" as ContentId,
                  sizeBytes: 5,
                  files: 1,
                  seal: "s",
                },
                asset: "raw:3",
                written: "azureml:raw:3",
              },
            }
          : {},
      demand: { cpus: index + 1, memoryBytes: 0, gpus: 0 },
    }),
  );
  const plan: Plan = {
    format: 2,
    graph,
    codes: [],
    environments: [],
    steps,
    options: { force: [], skip: [], taken: {}, onlyCached: false, passEnv: ["A"] },
  };
  const document = planDocument(plan);
  const opened = openPlan(document.body);
  expect(opened.graph).toBe(document.graph.id);
  expect(opened.read(document.graph.body)).toEqual(plan);
  expect(opened.with(graph)).toEqual(plan);
  expect(planDocument(opened.read(document.graph.body)).id).toBe(document.id);
});
