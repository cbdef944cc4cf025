// A random but reproducible story: a pipeline, variants of it submitted at some times, cancels, and which faults may
// strike. Also the oracle: what each run must come to when nothing goes wrong.

import { digest } from "../../core/digest.ts";
import { nodeId } from "../../core/fingerprint.ts";
import { PLAN_FORMAT, type Plan } from "../../core/plan.ts";
import { GRAPH_FORMAT, type Graph, type StepNode } from "../../spec/graph.ts";
import type { Chance } from "./chance.ts";

/** How a step behaves, written into its command so that the fake processes can read it. */
export interface Behaviour {
  readonly durationMs: number;
  /** Attempts up to this number fail; 99 means always. */
  readonly failsUntil: number;
  /** The output does not depend on inputs or parameter: a change above is cut off here. */
  readonly collapses: boolean;
}

export interface ScenarioRun {
  readonly name: string;
  readonly plan: Plan;
  readonly submitAt: number;
  readonly cancelAt: number | null;
  /** Asked for once, or also to be killed at once, as by two Ctrl-C. */
  readonly kills: boolean;
  readonly priority: number;
}

export interface Scenario {
  readonly runs: readonly ScenarioRun[];
  readonly cpus: number;
  /** One compute of some steps has one cpu of its own. */
  readonly pooled: boolean;
  /** Faults strike before this moment only. */
  readonly faultsUntil: number;
  readonly crash: number;
  readonly pause: number;
  readonly powerCut: number;
  readonly repeat: number;
  readonly lose: number;
  readonly damage: number;
  /** That somebody removes an output. */
  readonly remove: number;
  /** The disk is full between these moments. */
  readonly full: { readonly from: number; readonly until: number };
}

export function makeScenario(chance: Chance): Scenario {
  const size = chance.whole(1, chance.happens(0.1) ? 14 : 6);
  const continueOn = chance.happens(0.5);
  const behaviours = Array.from({ length: size }, () => makeBehaviour(chance));
  const edges = behaviours.map((_, index) => makeEdges(chance, index));
  const extra = edges.map((list, index) =>
    (index > 0 && chance.happens(0.1) ? [chance.whole(0, index - 1)] : []).filter(
      (at) => !list.includes(at),
    ),
  );
  const count = chance.whole(1, 4);
  const runs = Array.from({ length: count }, (_, position): ScenarioRun => {
    const changed = chance.happens(0.5) ? chance.whole(0, size - 1) : -1;
    const graph = makeGraph({ behaviours, edges, extra, changed, continueOn });
    const submitAt = chance.happens(0.3) ? chance.whole(250, 390) : chance.whole(0, 120);
    return {
      name: `run-${position}`,
      plan: planOf(graph, chance.happens(0.1)),
      submitAt,
      cancelAt: chance.happens(0.2) ? submitAt + chance.whole(0, 120) : null,
      kills: chance.happens(0.5),
      priority: chance.whole(-1, 1),
    };
  });
  const hostile = chance.happens(0.85);
  const fullFrom = chance.whole(0, 300);
  return {
    runs,
    cpus: chance.whole(1, 3),
    pooled: chance.happens(0.5),
    faultsUntil: 400,
    crash: hostile ? 0.03 : 0,
    pause: hostile ? 0.02 : 0,
    powerCut: hostile ? 0.005 : 0,
    repeat: hostile ? 0.1 : 0,
    lose: hostile ? 0.05 : 0,
    damage: hostile ? 0.1 : 0,
    remove: hostile && chance.happens(0.4) ? 0.1 : 0,
    full: { from: fullFrom, until: chance.happens(0.3) ? fullFrom + chance.whole(1, 100) : 0 },
  };
}

/** Steps that need nothing of each other. */
export function independentSteps(behaviours: readonly Behaviour[]): Plan {
  const none = behaviours.map(() => []);
  const shape = { behaviours, edges: none, extra: none, changed: -1, continueOn: true };
  return planOf(makeGraph(shape), false);
}

function makeBehaviour(chance: Chance): Behaviour {
  const fails = chance.happens(0.08) ? 99 : chance.happens(0.15) ? 1 : 0;
  return {
    durationMs: chance.whole(1, 60),
    failsUntil: fails,
    collapses: chance.happens(0.2),
  };
}

function makeEdges(chance: Chance, index: number): readonly number[] {
  return Array.from({ length: index }, (_, at) => at).filter(() => chance.happens(0.35));
}

interface Shape {
  readonly behaviours: readonly Behaviour[];
  readonly edges: readonly (readonly number[])[];
  /** Order without data. */
  readonly extra: readonly (readonly number[])[];
  /** The step whose parameter differs in this variant, or -1. */
  readonly changed: number;
  readonly continueOn: boolean;
}

function makeGraph(shape: Shape): Graph {
  return {
    format: GRAPH_FORMAT,
    type: "pipeline",
    pipeline: "simulated",
    name: null,
    displayName: null,
    description: null,
    experiment: null,
    tags: {},
    properties: {},
    continueOnStepFailure: shape.continueOn,
    forceRerun: false,
    defaultDatastore: null,
    inputs: {},
    outputs: {},
    steps: shape.behaviours.map((_, index) => makeStep(shape, index)),
    pipelines: [],
  };
}

function makeStep(shape: Shape, index: number): StepNode {
  const behaviour = shape.behaviours[index] as Behaviour;
  const inputs: Record<string, StepNode["inputs"][string]> = {
    parameter: {
      type: "string",
      mode: null,
      optional: false,
      source: {
        kind: "literal",
        literal: { kind: "string", text: index === shape.changed ? "other" : "usual" },
      },
    },
  };
  for (const from of shape.edges[index] ?? [])
    inputs[`from${from}`] = {
      type: "uri_file",
      mode: null,
      optional: false,
      source: { kind: "step", step: `s${from}`, output: "out" },
    };
  return {
    path: `s${index}`,
    parent: null,
    type: "command",
    displayName: null,
    component: null,
    command: JSON.stringify({ index, ...behaviour }),
    code: null,
    environment: null,
    environmentVariables: {},
    inputs,
    outputs: {
      out: {
        type: "uri_file",
        mode: null,
        publishTo: null,
        registerName: null,
        registerVersion: null,
      },
    },
    compute: index % 3 === 1 ? "small" : "local",
    resources: { instanceCount: 1, instanceType: null, cpus: null, memoryBytes: null, gpus: null },
    distribution: null,
    timeoutSeconds: null,
    retry: { maxRetries: RETRIES, delaySeconds: 0.02, on: ["failure", "timeout", "lost"] },
    reuse: { kind: "auto" },
    deterministic: true,
    trace: null,
    dependsOn: (shape.extra[index] ?? []).map((at) => `s${at}`),
    textSubstitution: false,
    typeSettings: null,
    tags: {},
    properties: {},
    checkpoint: { keep: false },
    position: null,
  };
}

/** Enough that a lost attempt now and then never decides an outcome; steps that always fail use them up. */
const RETRIES = 6;

function planOf(graph: Graph, force: boolean): Plan {
  return {
    format: PLAN_FORMAT,
    graph,
    codes: [],
    environments: [ENVIRONMENT],
    steps: graph.steps.map((step) => ({
      nodeId: nodeId(step),
      code: null,
      environment: 0,
      data: {},
      demand: { cpus: 1, memoryBytes: 0, gpus: 0 },
    })),
    options: { force: force ? "all" : [], skip: [], taken: {}, onlyCached: false, passEnv: [] },
  };
}

const ENVIRONMENT: Plan["environments"][number] = {
  id: "none",
  label: "none",
  kind: "host",
  pythonVersion: null,
  platform: "simulated",
  packages: {},
  editable: {},
  lockId: null,
  programs: {},
};

export function behaviourOf(step: StepNode): Behaviour & { readonly index: number } {
  return JSON.parse(step.command as string);
}

/** The bytes a step makes, as a name: a pure function of what it is and reads. */
export function contentOf(step: StepNode, inputs: readonly string[]): string {
  const parameter = step.inputs.parameter?.source;
  const text = parameter?.kind === "literal" ? parameter.literal.text : "";
  return digest(
    behaviourOf(step).collapses ? step.path : JSON.stringify([step.path, text, inputs]),
  );
}

export interface Expectation {
  readonly status: "Completed" | "Failed";
  /** Path → id of its output, for steps that can complete. */
  readonly contents: ReadonlyMap<string, string>;
}

/** What the run comes to without faults and cancels. */
export function expectationOf(plan: Plan): Expectation {
  const contents = new Map<string, string>();
  let failed = false;
  for (const step of plan.graph.steps) {
    const sources = Object.values(step.inputs).flatMap((input) =>
      input.source.kind === "step" ? [input.source.step] : [],
    );
    if (![...sources, ...step.dependsOn].every((path) => contents.has(path))) continue;
    if (behaviourOf(step).failsUntil > RETRIES + 1) failed = true;
    else
      contents.set(
        step.path,
        contentOf(
          step,
          sources.map((path) => contents.get(path) ?? ""),
        ),
      );
  }
  return { status: failed ? "Failed" : "Completed", contents };
}
