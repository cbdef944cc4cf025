// From the tree of a pipeline job to its graph: open every pipeline, bind every input, make the steps, put them in
// order. Each of these is a file of its own; this one only says what comes after what.

import path from "node:path";
import { checkFields } from "../fields/check-fields.ts";
import { pipelineJob } from "../fields/pipeline-job.ts";
import type { Graph, PipelineNode, PipelineOutput, StepNode } from "../graph.ts";
import { MOST_PORTS } from "../limits.ts";
import { put } from "../own-keys.ts";
import type { ProblemCode } from "../problem-codes.ts";
import {
  getMapping,
  getSet,
  getText,
  isMisshapen,
  positionOf,
  type TreeMapping,
  textOf,
} from "../tree.ts";
import { bindScope } from "./bind-inputs.ts";
import type { Component } from "./component.ts";
import { applyControlFlow } from "./control-flow.ts";
import { expandPipeline, fullBudget, isSpent } from "./expand.ts";
import { jobHead, pipelineInputs } from "./job-head.ts";
import { jobInputs } from "./job-inputs.ts";
import { loadComponent } from "./load-component.ts";
import type { LoadContext } from "./load-context.ts";
import { checkOwnOutput, resolveOutput } from "./made-outputs.ts";
import { orderSteps } from "./order.ts";
import { computeName } from "./run-settings.ts";
import { allNodes, type Scope } from "./scope.ts";
import { type JobDefaults, stepNode } from "./step-node.ts";

/** The graph as far as it can be made; what is wrong is in the context. */
export function pipelineGraph(tree: TreeMapping, context: LoadContext): Graph | null {
  checkFields(tree, pipelineJob, context.report);
  const opened = openJob(tree, context);
  if (opened === null) return null;
  const { scope, jobs } = opened;
  const budget = fullBudget(context.options.limits.steps);
  expandPipeline(scope, jobs, budget, context);
  // Half a pipeline would give only findings that follow from the missing half.
  if (isSpent(budget)) return null;
  for (const [name, input] of jobInputs(tree, scope.component, scope.outputsBase, context)) {
    scope.inputs.set(name, input);
  }
  bindScope(scope, context);
  applyControlFlow(scope, context);
  const outputs = jobOutputs(scope, context);
  const pipelines = pipelineNodes(scope, context);
  const steps = makeSteps(scope, tree, context);
  const ordered = orderSteps(steps, pipelines);
  if ("cycles" in ordered) for (const cycle of ordered.cycles) reportCycle(cycle, steps, context);
  return {
    ...jobHead(tree, "pipeline", context),
    inputs: pipelineInputs(scope.inputs),
    outputs,
    steps: "steps" in ordered ? ordered.steps : steps,
    pipelines,
  };
}

function openJob(
  tree: TreeMapping,
  context: LoadContext,
): { readonly scope: Scope; readonly jobs: TreeMapping } | null {
  const base = path.dirname(context.options.file);
  const named = getSet(tree, "component");
  const own = getMapping(tree, "jobs");
  if (named !== null && own !== null) {
    const message = "a pipeline job has `jobs` or a `component`, not both";
    context.error(named, "jobs_and_component", message, "Remove one of the two.");
  }
  const component = named === null ? null : pipelineOf(tree, base, context);
  if (named !== null && component === null) return null;
  const jobs = component === null ? own : getMapping(component.tree, "jobs");
  if (component === null && isMisshapen(tree, "jobs")) return null;
  if (jobs === null || jobs.entries.size === 0) {
    const hint = "Add nodes under `jobs`, or name a pipeline component.";
    context.error(tree, "empty_pipeline", "the pipeline has no nodes", hint);
    return null;
  }
  const files = component?.file ?? null;
  const scope: Scope = {
    path: "",
    node: null,
    outer: null,
    base: component?.base ?? base,
    definitionFiles: [context.options.file, ...(files === null ? [] : [files])],
    component,
    outputs: getMapping(tree, "outputs"),
    outputsBase: base,
    nodes: new Map(),
    broken: new Set(),
    inputs: new Map(),
    anyInput: isMisshapen(tree, "inputs"),
    anyOutput: isMisshapen(tree, "outputs"),
    made: new Map(),
    defaults: component === null ? [tree] : [tree, component.tree],
  };
  return { scope, jobs };
}

function pipelineOf(tree: TreeMapping, base: string, context: LoadContext): Component | null {
  const named = getSet(tree, "component");
  const component = named === null ? null : loadComponent(named, base, context);
  if (component === null || component.type === "pipeline") return component;
  const message = `the component is of type ${component.type}, not a pipeline`;
  const hint = "Use it in a node: `jobs: {NODE: {component: …}}`.";
  context.error(named, "wrong_component_type", message, hint);
  return null;
}

/** Takes the nodes out of their pipelines, one after the other. */
function makeSteps(scope: Scope, tree: TreeMapping, context: LoadContext): readonly StepNode[] {
  const settings = getMapping(tree, "settings");
  const place = getSet(settings, "default_compute") ?? getSet(tree, "compute");
  const defaults: JobDefaults = { compute: computeName(textOf(place)), computePlace: place };
  const steps: StepNode[] = [];
  let waits = 0;
  for (const node of allNodes(scope)) {
    if (node.type === "pipeline") continue;
    // Nothing reads the node after its step: of 100,000 both together would be the most that a command ever holds.
    node.scope.nodes.delete(node.name);
    const step = stepNode(node, defaults, context);
    steps.push(step);
    waits += step.dependsOn.length;
    if (waits <= MOST_PORTS) continue;
    const message = `the steps wait for more than ${MOST_PORTS} others together`;
    context.error(node.key, "too_many_steps", message, "Wait for one node instead of many.");
    break;
  }
  return steps;
}

function pipelineNodes(scope: Scope, context: LoadContext): readonly PipelineNode[] {
  const nodes: PipelineNode[] = [];
  for (const node of allNodes(scope)) {
    if (node.type !== "pipeline") continue;
    const own = getText(node.tree, "display_name");
    nodes.push({
      path: node.path,
      parent: node.scope.node?.path ?? null,
      displayName: own ?? getText(node.component.tree, "display_name"),
      component: node.component.reference,
      position: positionOf(node.key),
      inputs: node.inner === null ? {} : pipelineInputs(node.inner.inputs),
      outputs: node.inner === null ? {} : madeOutputs(node.inner, context),
    });
  }
  return nodes;
}

function madeOutputs(scope: Scope, context: LoadContext): Record<string, PipelineOutput> {
  const outputs: Record<string, PipelineOutput> = {};
  for (const [name, { node, output }] of scope.made) {
    const made = resolveOutput(node, output, node.key, context);
    if (made !== null) put(outputs, name, { step: made.node.path, output: made.output });
  }
  return outputs;
}

function jobOutputs(scope: Scope, context: LoadContext): Record<string, PipelineOutput> {
  for (const [name, { key, value }] of scope.outputs?.entries ?? []) {
    const hint = `Bind an output of a node to \`\${{parent.outputs.${name}}}\`.`;
    checkOwnOutput(value, `Write nothing or settings (\`{path: …}\`) here. ${hint}`, context);
    if (scope.made.has(name) || textOf(value) !== null) continue;
    if (scope.component !== null && !scope.component.outputs.has(name)) {
      const message = `the pipeline component has no output \`${name}\``;
      context.error(key, "unknown_output", message, "Remove it, or declare it in the component.");
      continue;
    }
    // A node that could not be read may make it, and so may a binding that is wrong.
    if (scope.broken.size > 0 || context.hasErrors) continue;
    const message = `no node makes the pipeline's output \`${name}\``;
    context.warn(key, "unmade_output", message, hint);
  }
  return madeOutputs(scope, context);
}

function reportCycle(
  cycle: readonly string[],
  steps: readonly StepNode[],
  context: LoadContext,
): void {
  const position = steps.find((step) => step.path === cycle[0])?.position ?? null;
  const shown = cycle.length > 12 ? [...cycle.slice(0, 11), "…", cycle.at(-1)] : cycle;
  context.report({
    severity: "error",
    code: "cycle" satisfies ProblemCode,
    message: `the steps wait for each other: ${shown.join(" → ")}`,
    hint: "Remove one of these bindings or `depends_on` entries.",
    position,
  });
}
