// A pipeline in code: its body is run once, and the calls in it become its steps.

import { graphSvg } from "../display/graph-svg.ts";
import type { DataType } from "../spec/graph.ts";
import { strict } from "./call.ts";
import { drawnCalls } from "./calls-drawn.ts";
import {
  checkKeys,
  checkMapping,
  checkName,
  checkPortName,
  checkPorts,
  inWords,
} from "./check-definition.ts";
import { checkOptions } from "./check-options.ts";
import { checkOrder } from "./check-order.ts";
import { withJobPaths } from "./command.ts";
import { type Component, callable, type Definition } from "./component.ts";
import { DefinitionError } from "./definition-error.ts";
import { definitionsOf } from "./definitions-of.ts";
import { writeJob, yamlOf } from "./document.ts";
import { clientFor } from "./load-client.ts";
import type { Content } from "./pipeline-content.ts";
import { PIPELINE, type PipelineParts } from "./pipeline-parts.ts";
import { type Origin, originOfCall } from "./place.ts";
import type { InputPorts, OutputPort, OutputPorts, PortType } from "./ports.ts";
import { Reference } from "./reference.ts";
import type { PlanOptions, Run, SubmitOptions, WithInputs } from "./run.ts";
import type { PlanReport } from "./run-report.ts";
import { newScope, owners, type PipelineScope, remarksOf, within } from "./scope.ts";
import type { PipelineSettings } from "./settings.ts";
import { type Picture, pictureOf } from "./shown.ts";
import type { Finding } from "./stepwell-error.ts";
import { writeCalls } from "./write-calls.ts";
import { compact, writeInputs, writeOutputs } from "./write-ports.ts";

/** What the body of a pipeline returns: outputs of its steps, by the names they have outside; or nothing. */
type Results = Readonly<Record<string, Reference<DataType>>>;

type OutputsOf<R> = R extends Results
  ? {
      readonly [K in keyof R]: R[K] extends Reference<infer T extends DataType>
        ? OutputPort<T>
        : never;
    }
  : Record<never, never>;

/** The inputs of a pipeline, as its body passes them on. */
interface Body<I extends InputPorts> {
  readonly inputs: { readonly [K in keyof I]: Reference<I[K]["type"]> };
}

export interface PipelineDefinition<I extends InputPorts> extends PipelineSettings {
  readonly inputs?: I;
}

/** A pipeline: to be run, or to be called as a step of another one. */
export interface Pipeline<I extends InputPorts = InputPorts, O extends OutputPorts = OutputPorts>
  extends Component<I, O> {
  /**
   * The pipeline as YAML of Azure ML v2; running it gives the same fingerprints as running this.
   *
   * @param folder Where the file will lie: paths start there. The current folder unless given.
   * @throws DefinitionError where it has function steps: `stepwell export` writes their programs beside the file.
   */
  toYaml(folder?: string): string;
  /** Its steps and their order as a picture; a notebook shows it. */
  graph(): Picture;
  /**
   * Runs it: checks, plans and records a run, and gives it at once. This process sees it through and does not end before
   * the run has, waited for or not; with `detach` an engine of its own does.
   *
   * @throws StepwellError `invalid_definition` with every mistake at once, `name_taken`, …
   * @example
   * ```ts
   * const run = await taxi.submit({ inputs: { raw: "./data" }, experiment: "baseline" });
   * const { status } = await run.wait();
   * ```
   */
  submit(...call: WithInputs<I, SubmitOptions>): Promise<Run<O>>;
  /**
   * What a run would do, step by step, and why. Starts nothing, writes nothing, needs no network.
   *
   * @throws StepwellError `invalid_definition`
   * @example
   * ```ts
   * const { counts, steps } = await taxi.plan({ inputs: { raw: "./data" } });
   * ```
   */
  plan(...call: WithInputs<I, PlanOptions>): Promise<PlanReport>;
  /** Every mistake and warning of the definition; empty where there is none. Never throws for a mistake. */
  validate(...call: WithInputs<I, PlanOptions>): Promise<readonly Finding[]>;
  /** @internal */
  readonly [PIPELINE]: PipelineParts;
}

/**
 * Defines a pipeline. The body is called once, at once; each call in it is a step, whatever loops and conditions of the
 * language made it.
 *
 * @throws DefinitionError with the place in your source.
 * @example
 * ```ts
 * export default pipeline({ name: "taxi", inputs: { raw: input.folder() } }, ({ inputs }) => {
 *   const prepared = prep({ raw: inputs.raw });
 *   const trained = train({ data: prepared.outputs.clean, alpha: 0.1 }, { after: prepared });
 *   return { model: trained.outputs.model };
 * });
 * ```
 */
export function pipeline<
  const I extends InputPorts = Record<never, never>,
  // biome-ignore lint/suspicious/noConfusingVoidType: a body that returns nothing
  R extends Results | void = void,
>(definition: PipelineDefinition<I>, body: (scope: Body<I>) => R): Pipeline<I, OutputsOf<R>> {
  const origin = originOfCall();
  checkMapping(definition, { what: "the definition", form: "pipeline({ name: … }, …)", origin });
  const { inputs = {} as I, ...settings } = definition;
  checkName(settings.name, "pipeline", origin);
  checkKeys(definition, SETTINGS, { what: `pipeline \`${settings.name}\``, origin });
  checkPorts({ inputs, outputs: undefined }, `pipeline \`${settings.name}\``, origin);
  if (typeof body !== "function")
    throw new DefinitionError(
      `pipeline \`${settings.name}\` has no body`,
      "write pipeline({ name: … }, ({ inputs }) => { … })",
      origin,
    );
  const scope = newScope(settings.name);
  const references = Object.fromEntries(
    Object.entries(inputs as InputPorts).map(([name, { type }]) => [
      name,
      new Reference(type, scope, { kind: "input", input: name }),
    ]),
  );
  const given = strict<Reference<PortType>>(
    references,
    `pipeline \`${settings.name}\` has no input`,
  );
  const returned: unknown = within(
    scope,
    () => body({ inputs: given as Body<I>["inputs"] }),
    origin,
  );
  checkOrder(scope);
  const results = resultsOf(returned, scope, origin);
  const content = contentOf(settings, { inputs, scope, results, origin });
  const functions = definitionsOf(content.definition).filter(({ isFunction }) => isFunction);
  const parts: PipelineParts = {
    name: settings.name,
    origin,
    draw: (about) => drawnCalls(content, about),
    outputs: [...results.keys()],
    functions,
    write: (folders, file) => writeJob(content, folders, file),
    yaml: (folders, folder) => yamlOf(content, folders, folder),
  };
  return Object.assign(callable(content.definition) as unknown as Pipeline<I, OutputsOf<R>>, {
    [PIPELINE]: parts,
    ...running(parts),
    graph: () => pictureOf(graphSvg(parts.draw()), `pipeline ${parts.name}`),
    toYaml(folder = process.cwd()) {
      const [first] = functions;
      if (first === undefined) return yamlOf(content, new Map(), folder);
      throw new DefinitionError(
        `step \`${first.name}\` is a function, whose program is a file of its own`,
        "use: stepwell export FILE --to FOLDER",
        originOfCall(),
      );
    },
  });
}

const SETTINGS: readonly string[] =
  "name inputs description tags experiment_name default_compute continue_on_step_failure force_rerun".split(
    " ",
  );

/** Not `async`: what may not be run at all throws at once, where it stands. */
function running(parts: PipelineParts) {
  const checked = <T extends object>(call: "submit()" | "plan()" | "validate()", options: T): T => {
    checkOptions(options, call, originOfCall());
    return options;
  };
  return {
    submit: (options = {}) => {
      const given = checked("submit()", options);
      return clientFor("submit()").then((client) => client.submit(parts, given));
    },
    plan: (options = {}) => {
      const given = checked("plan()", options);
      return clientFor("plan()").then((client) => client.plan(parts, given));
    },
    validate: (options = {}) => {
      const given = checked("validate()", options);
      return clientFor("validate()").then((client) => client.validate(parts, given));
    },
  };
}

interface Parts {
  readonly inputs: InputPorts;
  readonly scope: PipelineScope;
  readonly results: Content["results"];
  readonly origin: Origin;
}

function contentOf(settings: PipelineSettings, { inputs, scope, results, origin }: Parts): Content {
  const outputs: OutputPorts = Object.fromEntries(
    [...results].map(([name, { type }]) => [name, { kind: "output", type, fields: {} }]),
  );
  const definition: Definition = {
    name: settings.name,
    inputs,
    outputs,
    origin,
    isOpen: false,
    isFunction: false,
    remarks: () => remarksOf(scope),
    onNode: {},
    calls: [...new Set([...scope.calls.values()].map((call) => call.definition))],
    write: (writer) =>
      compact({
        type: "pipeline",
        name: settings.name,
        description: settings.description,
        inputs: writeInputs(withJobPaths(inputs, origin)),
        outputs: writeOutputs(outputs),
        jobs: writeCalls({ scope, results }, writer, null),
      }),
  };
  return { settings, scope, results, definition };
}

function resultsOf(returned: unknown, scope: PipelineScope, origin: Origin): Content["results"] {
  const results = new Map<string, Reference<DataType>>();
  if (returned === undefined) return results;
  const fail = (reason: string, hint: string): never => {
    throw new DefinitionError(`pipeline \`${scope.pipeline}\`: ${reason}`, hint, origin);
  };
  if (returned instanceof Promise)
    fail(
      "its body is async",
      "await what you need before, and define the steps in a plain function",
    );
  if (typeof returned !== "object" || returned === null)
    return fail("its body returned no outputs", "return { NAME: step.outputs.NAME }, or nothing");
  const taken = new Map<string, string>();
  const owner = `pipeline \`${scope.pipeline}\``;
  for (const [name, value] of Object.entries(returned)) {
    checkPortName(name, { kind: "output", owner, origin });
    if (!(value instanceof Reference))
      return fail(
        owners.has(value as object)
          ? `output \`${name}\` is a step, not one of its outputs`
          : `output \`${name}\` is ${inWords(value)}, not an output of a step`,
        "return { NAME: step.outputs.NAME }",
      );
    if (value.owner !== scope)
      fail(
        `output \`${name}\` is ${value.words} of another pipeline`,
        "return outputs of its own steps",
      );
    if (value.target.kind === "input")
      fail(`output \`${name}\` is an input of it`, "whoever has the input has its data already");
    const earlier = taken.get(value.binding);
    if (earlier !== undefined)
      fail(`outputs \`${earlier}\` and \`${name}\` are both ${value.words}`, "return it once");
    taken.set(value.binding, name);
    results.set(name, value as Reference<DataType>);
  }
  return results;
}
