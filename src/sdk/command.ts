// Steps that run a command, in any language.

import { isPythonVersion, looksLikeFile } from "../spec/job/environment-reference.ts";
import { checkMapping, checkName, checkPorts } from "./check-definition.ts";
import { type CommandPorts, CommandText, placeholders } from "./command-text.ts";
import { type Component, callable, type Definition } from "./component.ts";
import { DefinitionError } from "./definition-error.ts";
import type { Environment } from "./environment.ts";
import { type Origin, originOfCall } from "./place.ts";
import type { InputPort, InputPorts, OutputPorts } from "./ports.ts";
import type { CommandSettings } from "./settings.ts";
import { jobData, jobPath } from "./source-path.ts";
import { compact, writeInputs, writeOutputs } from "./write-ports.ts";

/** The first name in `${{KIND.NAME}}` of a text that is not among K; never where all are. */
type Unknown<
  S extends string,
  Kind extends string,
  K,
> = S extends `${string}\${{${infer Inside}}}${infer Rest}`
  ? Trimmed<Inside> extends `${Kind}.${infer Name}`
    ? Name extends K
      ? Unknown<Rest, Kind, K>
      : Name
    : Unknown<Rest, Kind, K>
  : never;

type Trimmed<S extends string> = S extends ` ${infer Rest}` | `${infer Rest} ` ? Trimmed<Rest> : S;

/** A command in text: an error for a name that is not declared. */
export type CheckedCommand<S extends string, I, O> = string extends S
  ? S
  : [Unknown<S, "inputs", keyof I>] extends [never]
    ? [Unknown<S, "outputs", keyof O>] extends [never]
      ? S
      : `the command names an output that is not declared: ${Unknown<S, "outputs", keyof O>}`
    : `the command names an input that is not declared: ${Unknown<S, "inputs", keyof I>}`;

export interface CommandDefinition<I extends InputPorts, O extends OutputPorts, S extends string>
  extends CommandSettings {
  readonly inputs?: I;
  readonly outputs?: O;
  /** The command: made by {@link sh}, or a text with `${{inputs.x}}` as in YAML. */
  readonly run: CheckedCommand<S, I, O> | ((ports: CommandPorts<I, O>) => CommandText);
}

/**
 * A step that runs a command in bash.
 *
 * @throws DefinitionError where the definition cannot be a step; with file and line.
 * @example
 * ```ts
 * const prep = command({
 *   name: "prep", code: "./src", environment: python("3.11", ["pandas==2.2.*"]),
 *   inputs: { raw: input.folder() }, outputs: { clean: output.folder() },
 *   run: ({ inputs, outputs }) => sh`python prep.py --raw ${inputs.raw} --out ${outputs.clean}`,
 * });
 * ```
 */
export function command<
  const I extends InputPorts = Record<never, never>,
  const O extends OutputPorts = Record<never, never>,
  const S extends string = string,
>(definition: CommandDefinition<I, O, S>): Component<I, O> {
  const origin = originOfCall();
  checkMapping(definition, {
    what: "the definition",
    form: "command({ name: …, run: … })",
    origin,
  });
  const { run, inputs, outputs, ...settings } = definition;
  const text = commandText(run as CommandSource<I, O>, inputs, outputs, origin);
  return callable(commandOf(settings, { inputs, outputs, text, origin }));
}

type CommandSource<I extends InputPorts, O extends OutputPorts> =
  | string
  | ((ports: CommandPorts<I, O>) => CommandText);

function commandText<I extends InputPorts, O extends OutputPorts>(
  run: CommandSource<I, O>,
  inputs: I | undefined,
  outputs: O | undefined,
  origin: Origin,
): string {
  if (typeof run === "string") return run;
  try {
    const made = run(placeholders(inputs ?? ({} as I), outputs ?? ({} as O)));
    if (made instanceof CommandText) return made.text;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new DefinitionError(error.message, "see the command of this step", origin);
  }
  throw new DefinitionError("`run` gave no command", "return sh`…`", origin);
}

export interface CommandParts {
  readonly inputs: InputPorts | undefined;
  readonly outputs: OutputPorts | undefined;
  readonly text: string;
  readonly origin: Origin;
}

/** The definition behind a command; other kinds of step are commands of a certain form. */
export function commandOf(
  settings: CommandSettings,
  { inputs = {}, outputs = {}, text, origin }: CommandParts,
): Definition {
  const { name, limits, code, environment, additional_includes, ...rest } = settings;
  checkName(name, "step", origin);
  checkPorts({ inputs, outputs }, `step \`${name}\``, origin);
  return {
    name,
    inputs,
    outputs,
    origin,
    calls: [],
    isOpen: false,
    isFunction: false,
    onNode: compact({ limits }),
    write: () =>
      compact({
        type: "command",
        name,
        ...rest,
        inputs: writeInputs(withJobPaths(inputs, origin)),
        outputs: writeOutputs(outputs),
        code: code === undefined ? undefined : jobPath(code, origin),
        additional_includes: additional_includes?.map((one) => jobPath(one, origin)),
        environment: environment === undefined ? undefined : environmentOf(environment, origin),
        command: text,
      }),
  };
}

export function withJobPaths(ports: InputPorts, origin: Origin): InputPorts {
  const absolute = (port: InputPort): InputPort => {
    const data = port.fields.path === undefined ? null : jobData(port.fields.path, origin);
    if (data === null) return port;
    return { ...port, fields: { ...port.fields, ...(data as object) } };
  };
  return Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, absolute(port)]));
}

/** Keys of an environment that name files. */
const FILE_KEYS = ["conda_file", "requirements", "project"];

export function environmentOf(environment: Environment, origin: Origin): unknown {
  if (typeof environment === "string")
    return looksLikeFile(environment) ? jobPath(environment, origin) : environment;
  return Object.fromEntries(
    Object.entries(environment).map(([key, value]) => {
      const isFile = FILE_KEYS.includes(key) || (key === "python" && !isPythonVersion(`${value}`));
      if (typeof value === "string" && isFile) return [key, jobPath(value, origin)];
      return [key, key === "build" ? (jobData(value, origin) ?? value) : value];
    }),
  );
}
