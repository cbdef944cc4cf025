// One call of a component in a pipeline: its name, its inputs checked as far as types could not, its outputs as references.

import { suggestion } from "../spec/did-you-mean.ts";
import type { DataType } from "../spec/graph.ts";
import { checkMapping, checkName, inWords } from "./check-definition.ts";
import type { Definition, Step } from "./component.ts";
import { DefinitionError } from "./definition-error.ts";
import { membersOf } from "./order.ts";
import { type Origin, originOfCall } from "./place.ts";
import type { InputPort } from "./ports.ts";
import { Reference } from "./reference.ts";
import { currentScope, owners, type PipelineScope } from "./scope.ts";
import type { CallSettings } from "./settings.ts";
import { jobData } from "./source-path.ts";

export function addCall(
  definition: Definition,
  given: Readonly<Record<string, unknown>>,
  settings: CallSettings,
): Step {
  const origin = originOfCall();
  const scope = currentScope(`step \`${definition.name}\``, origin);
  const called = `${definition.name}(…)`;
  checkMapping(given, { what: `what is given to ${called}`, form: "{ INPUT: VALUE }", origin });
  checkMapping(settings, { what: `settings of ${called}`, form: '{ name: "…" }', origin });
  if (settings.name !== undefined) checkName(settings.name, "step", origin);
  const name = freeName(scope, settings.name ?? definition.name, settings.name, origin);
  const inputs = checkedInputs(scope, definition, { name, given, origin });
  const step: Step = { name, members: [name], outputs: outputsOf(scope, definition, name) };
  const after = new Set(membersOf(settings.after ?? [], scope, origin));
  const index = scope.calls.size;
  scope.calls.set(name, { name, index, definition, inputs, settings, origin, step, after });
  owners.set(step, scope);
  return step;
}

function freeName(
  scope: PipelineScope,
  wanted: string,
  explicit: string | undefined,
  origin: Origin,
): string {
  if (!scope.calls.has(wanted)) return wanted;
  if (explicit !== undefined)
    throw new DefinitionError(
      `pipeline \`${scope.pipeline}\` has two steps called \`${wanted}\``,
      "give one of them another name",
      origin,
    );
  const before = scope.renamed.get(wanted);
  let count = (before?.count ?? 0) + 2;
  while (scope.calls.has(`${wanted}_${count}`)) count += 1;
  const name = `${wanted}_${count}`;
  if (before === undefined)
    scope.renamed.set(wanted, { count: 1, first: name, last: name, origin });
  else Object.assign(before, { count: before.count + 1, last: name });
  return name;
}

interface CallInputs {
  readonly name: string;
  readonly given: Readonly<Record<string, unknown>>;
  readonly origin: Origin;
}

function checkedInputs(
  scope: PipelineScope,
  { inputs: ports, isOpen }: Definition,
  { name, given, origin }: CallInputs,
): Record<string, unknown> {
  const inputs: Record<string, unknown> = {};
  const fail = (reason: string, hint: string): never => {
    throw new DefinitionError(`step \`${name}\`: ${reason}`, hint, origin);
  };
  for (const [input, value] of Object.entries(given)) {
    const port = Object.hasOwn(ports, input) ? ports[input] : isOpen ? ANY_PORT : undefined;
    if (port === undefined) {
      const names = Object.keys(ports);
      fail(
        `there is no input \`${input}\``,
        suggestion(input, names, inputsInWords(names)) ?? inputsInWords(names),
      );
    } else if (value !== undefined)
      inputs[input] = givenValue(scope, port, { input, value, origin, fail });
    else if (port.presence === "given")
      fail(`input \`${input}\` is undefined`, "give it a value, or leave an optional one out");
  }
  for (const [input, port] of Object.entries(ports)) {
    // Written out, a default is the value that it would be if it were given; YAML makes `3.0` of a 3.
    if (
      inputs[input] === undefined &&
      VALUES.includes(port.type) &&
      port.fields.default !== undefined
    )
      inputs[input] = port.fields.default;
    if (port.presence === "given" && !Object.hasOwn(given, input))
      fail(`input \`${input}\` is not given`, "each call must give the inputs without a default");
  }
  return inputs;
}

/** Types of ports that are values. */
const VALUES: readonly string[] = ["string", "number", "integer", "boolean"];

/** Of a component that is read later anything may be given. */
const ANY_PORT: InputPort = { kind: "input", type: "uri_folder", presence: "unset", fields: {} };

function inputsInWords(names: readonly string[]): string {
  return names.length === 0 ? "It has no inputs." : `Its inputs: ${names.join(", ")}.`;
}

interface GivenInput {
  readonly input: string;
  readonly value: unknown;
  readonly origin: Origin;
  readonly fail: (reason: string, hint: string) => never;
}

function givenValue(
  scope: PipelineScope,
  port: InputPort,
  { input, value, origin, fail }: GivenInput,
): unknown {
  if (value instanceof Reference) {
    if (value.owner !== scope)
      fail(
        `input \`${input}\` is given ${value.words} of another pipeline, \`${value.owner.pipeline}\``,
        "pass it into this pipeline as an input of the pipeline",
      );
    return value.binding;
  }
  if (value instanceof Promise) fail(`input \`${input}\` is a promise`, "await it first");
  if (owners.has(value as object))
    fail(`input \`${input}\` is a step, not one of its outputs`, "write step.outputs.NAME");
  if (
    typeof value === "string" &&
    value.includes("${{") &&
    (port === ANY_PORT || port.type === "string")
  )
    fail(
      `input \`${input}\` is a text with \`\${{\`, which the YAML of a pipeline takes for a binding`,
      "pass the output or the input itself; a text cannot hold these signs",
    );
  if (port === ANY_PORT && typeof value !== "object") return value;
  if (!VALUES.includes(port.type)) return jobData(value, origin) ?? fail(...notData(input, value));
  if (typeof value === "number" && !Number.isFinite(value))
    fail(`input \`${input}\` is ${value}`, "give a finite number");
  const isFitting =
    port.type === "integer"
      ? Number.isInteger(value) && Math.abs(value as number) < LARGEST_WHOLE
      : typeof value === port.type;
  if (!isFitting)
    fail(
      `input \`${input}\` takes ${port.type === "integer" ? "an integer" : `a ${port.type}`}, not ${inWords(value)}`,
      "give such a value",
    );
  return value;
}

/** From here on JavaScript writes whole numbers with an exponent, which no program reads as an integer. */
const LARGEST_WHOLE = 1e21;

function notData(input: string, value: unknown): [string, string] {
  return [
    `input \`${input}\` takes data, not ${inWords(value)}`,
    "give an output of a step, an input of the pipeline, a path, or azureml:name:version",
  ];
}

/** A name that is not there is a mistake at once, not an undefined input later. */
function outputsOf(scope: PipelineScope, definition: Definition, node: string): Step["outputs"] {
  const references: Record<string, Reference<DataType>> = {};
  for (const [output, { type }] of Object.entries(definition.outputs))
    references[output] = new Reference(type, scope, { kind: "output", node, output });
  if (!definition.isOpen)
    return strict(references, `step \`${node}\` has no output`) as Step["outputs"];
  return new Proxy(references, {
    get: (_, output) =>
      typeof output === "symbol" || IGNORED.includes(output)
        ? undefined
        : new Reference("uri_folder", scope, { kind: "output", node, output }),
  });
}

/** What promises, printers and test tools ask of every object. */
const IGNORED = ["then", "toJSON", "constructor", "inspect"];

/** References by name; a name that is none of them throws. */
export function strict<T>(
  references: Readonly<Record<string, T>>,
  complaint: string,
): Readonly<Record<string, T>> {
  return new Proxy(references, {
    get(target, name) {
      if (typeof name === "symbol" || Object.hasOwn(target, name)) return Reflect.get(target, name);
      if (IGNORED.includes(name)) return undefined;
      const names = Object.keys(target);
      const all = names.length === 0 ? "There is none." : `There are: ${names.join(", ")}.`;
      const hint = suggestion(name, names, all) ?? all;
      throw new DefinitionError(`${complaint} \`${name}\``, hint, originOfCall());
    },
  });
}
