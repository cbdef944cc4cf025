// Steps that run a command, in any language.

import { type CommandPorts, CommandText, placeholders } from "./command-text.ts";
import { type Component, callable, type Definition } from "./component.ts";
import { DefinitionError } from "./definition-error.ts";
import type { Environment } from "./environment.ts";
import { type Origin, originOfCall } from "./place.ts";
import type { InputPort, InputPorts, OutputPorts } from "./ports.ts";
import type { CommandSettings } from "./settings.ts";
import { absoluteData, absolutePath, filePath } from "./source-path.ts";
import { compact, writeInputs, writeOutputs } from "./write-ports.ts";

/** The first name in `${{KIND.NAME}}` of a text that is not among K; never where all are. */
type Unknown<
  S extends string,
  Kind extends string,
  K,
> = S extends `${string}\${{${Kind}.${infer Name}}}${infer Rest}`
  ? Name extends K
    ? Unknown<Rest, Kind, K>
    : Name
  : never;

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
        inputs: writeInputs(withAbsoluteData(inputs, origin)),
        outputs: writeOutputs(outputs),
        code: code === undefined ? undefined : absolutePath(code, origin),
        additional_includes: additional_includes?.map((one) => absolutePath(one, origin)),
        environment: environment === undefined ? undefined : environmentOf(environment, origin),
        command: text,
      }),
  };
}

/** What a name must be that becomes a key of YAML and part of a path. */
export function checkName(name: unknown, what: string, origin: Origin): void {
  if (typeof name === "string" && /^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(name)) return;
  throw new DefinitionError(
    `${JSON.stringify(name) ?? String(name)} is not a name of a ${what}`,
    "use letters, digits, `_` and `-`",
    origin,
  );
}

export function withAbsoluteData(ports: InputPorts, origin: Origin): InputPorts {
  const absolute = (port: InputPort): InputPort => {
    const data = port.fields.path === undefined ? null : absoluteData(port.fields.path, origin);
    if (data === null) return port;
    return { ...port, fields: { ...port.fields, ...(data as object) } };
  };
  return Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, absolute(port)]));
}

/** Keys of an environment that name files. */
const FILE_KEYS = ["conda_file", "requirements", "project"];

export function environmentOf(environment: Environment, origin: Origin): unknown {
  if (typeof environment === "string") return filePath(environment, origin);
  return Object.fromEntries(
    Object.entries(environment).map(([key, value]) => [
      key,
      FILE_KEYS.includes(key) && typeof value === "string" ? absolutePath(value, origin) : value,
    ]),
  );
}
