// From the tree of a standalone command or transfer job to a graph of one step, `.`. Knows nothing of pipelines.

import path from "node:path";
import { checkFields } from "../fields/check-fields.ts";
import { commandJob } from "../fields/command-job.ts";
import { dataTransferJob } from "../fields/data-transfer.ts";
import type { Graph, PipelineOutput } from "../graph.ts";
import { put } from "../own-keys.ts";
import { getMapping, getWord, type TreeMapping, type TreeScalar } from "../tree.ts";
import { checkCommand } from "./check-command.ts";
import { type Component, type DeclaredOutput, dataType } from "./component.ts";
import { jobHead, pipelineInputs } from "./job-head.ts";
import { jobInputs } from "./job-inputs.ts";
import type { LoadContext } from "./load-context.ts";
import { checkOwnOutput } from "./made-outputs.ts";
import { checkPortNames } from "./port-name.ts";
import type { JobNode, Scope } from "./scope.ts";
import { stepNode } from "./step-node.ts";

/** The graph; what is wrong is in the context. */
export function commandGraph(
  tree: TreeMapping,
  type: "command" | "data_transfer",
  context: LoadContext,
): Graph {
  checkFields(tree, type === "command" ? commandJob : dataTransferJob, context.report);
  const base = path.dirname(context.options.file);
  const inputs = jobInputs(tree, null, base, context);
  checkPortNames(getMapping(tree, "outputs"), "output", context);
  const outputs = listedOutputs(tree, context);
  const known = new Map([...inputs.keys()].map((name) => [name, { optional: false }]));
  if (type === "command") checkCommand(tree, known, outputs, context);
  const node = onlyNode({ tree, type, base, outputs }, context);
  for (const [name, input] of inputs) {
    if (input === null) continue;
    node.inputs.set(name, input);
    if (input.source.kind !== "unset") continue;
    const message = `the input \`${name}\` has no value`;
    context.error(
      input.place,
      "missing_input",
      message,
      `Give it a value, or run with \`--input ${name}=…\`.`,
    );
  }
  const step = stepNode(node, { compute: null, computePlace: null }, context);
  const made: Record<string, PipelineOutput> = {};
  for (const name of Object.keys(step.outputs)) put(made, name, { step: ".", output: name });
  return {
    ...jobHead(tree, "command", context),
    inputs: pipelineInputs(inputs),
    outputs: made,
    steps: [step],
    pipelines: [],
  };
}

function listedOutputs(tree: TreeMapping, context: LoadContext): Map<string, DeclaredOutput> {
  const outputs = new Map<string, DeclaredOutput>();
  for (const [name, { key, value }] of getMapping(tree, "outputs")?.entries ?? []) {
    checkOwnOutput(value, "Write nothing or settings (`{type: …, path: …}`).", context);
    const type = dataType(getWord(value, "type") ?? "uri_folder");
    outputs.set(name, { name, type, mode: null, place: key });
  }
  return outputs;
}

/** The job as the only node of a pipeline that is nowhere written. */
function onlyNode(
  job: {
    readonly tree: TreeMapping;
    readonly type: "command" | "data_transfer";
    readonly base: string;
    readonly outputs: ReadonlyMap<string, DeclaredOutput>;
  },
  context: LoadContext,
): JobNode {
  const { tree, type, base, outputs } = job;
  const where = { base, file: null, reference: null };
  const component: Component = { type, tree, ...where, inputs: new Map(), outputs };
  const scope: Scope = {
    path: "",
    node: null,
    outer: null,
    base,
    definitionFiles: [context.options.file],
    component: null,
    outputs: null,
    outputsBase: base,
    nodes: new Map(),
    broken: new Set(),
    inputs: new Map(),
    anyInput: false,
    anyOutput: false,
    made: new Map(),
    defaults: [],
  };
  const first = tree.entries.values().next().value?.key;
  const key: TreeScalar = first ?? { ...tree, kind: "scalar", type: "string", text: "" };
  return {
    name: ".",
    path: "",
    type,
    tree,
    key,
    scope,
    component,
    anyOutput: false,
    inline: true,
    inner: null,
    extraOutputs: null,
    inputs: new Map(),
    dependsOn: [],
  };
}
