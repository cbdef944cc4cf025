// Steps that run a function of the user's: a program is made of it and of what it reaches, and runs in a Node process of its
// own.

import { checkMapping, checkName, checkPorts } from "./check-definition.ts";
import { environmentOf, withJobPaths } from "./command.ts";
import { portWords } from "./command-text.ts";
import { type Component, callable, type Definition } from "./component.ts";
import { DefinitionError } from "./definition-error.ts";
import { originOfCall } from "./place.ts";
import type { InputPort, InputPorts, OutputPorts, PortType } from "./ports.ts";
import type { CommandSettings } from "./settings.ts";
import { compact, writeInputs, writeOutputs } from "./write-ports.ts";

type RunValue<P> =
  P extends InputPort<PortType, infer V, infer Presence>
    ? Presence extends "unset"
      ? V | undefined
      : V
    : never;

/** What a function step is given. */
export interface StepContext<I extends InputPorts, O extends OutputPorts> {
  /** Values of inputs; of data: the path of the file or folder. */
  readonly inputs: { readonly [K in keyof I]: RunValue<I[K]> };
  /** Paths to write to: a file, or a folder that is there already. */
  readonly outputs: { readonly [K in keyof O]: string };
  readonly log: StepLog;
}

export interface StepLog {
  /** Records a metric; `step` counts along its course. */
  metric(name: string, value: number, step?: number): void;
  /** Prints a line to the step's log. */
  info(...words: readonly unknown[]): void;
}

export interface FunctionDefinition<I extends InputPorts, O extends OutputPorts>
  extends Omit<CommandSettings, "code" | "additional_includes" | "distribution"> {
  readonly inputs?: I;
  readonly outputs?: O;
  /** Runs in a process of its own, with what of its module it reaches; nothing of a function around it. */
  run(context: StepContext<I, O>): void | Promise<void>;
}

/**
 * A step that runs a TypeScript or JavaScript function.
 *
 * It runs again when what it contains has changed: its own code, a helper three files away, the version of a package. A
 * comment, formatting, or another step of the same file never makes it run.
 *
 * @throws DefinitionError where the definition cannot be a step; with file and line.
 * @example
 * ```ts
 * const evaluate = step({
 *   name: "evaluate",
 *   inputs: { scores: input.file(), threshold: input.number({ default: 0.9 }) }, outputs: { report: output.file() },
 *   async run({ inputs, outputs, log }) {
 *     const scores = (await readFile(inputs.scores, "utf8")).split("\n").map(Number);
 *     const good = scores.filter((score) => score > inputs.threshold).length;
 *     log.metric("good", good / scores.length);
 *     await writeFile(outputs.report, `${good} of ${scores.length}\n`);
 *   },
 * });
 * ```
 */
export function step<
  const I extends InputPorts = Record<never, never>,
  const O extends OutputPorts = Record<never, never>,
>(definition: FunctionDefinition<I, O>): Component<I, O> {
  const origin = originOfCall();
  checkMapping(definition, {
    what: "the definition",
    form: "step({ name: …, run() { … } })",
    origin,
  });
  const { name, run, limits, environment, ...settings } = definition;
  const inputs: InputPorts = definition.inputs ?? {};
  const outputs: OutputPorts = definition.outputs ?? {};
  checkName(name, "step", origin);
  checkPorts({ inputs, outputs }, `step \`${name}\``, origin);
  if (typeof run !== "function")
    throw new DefinitionError(`step \`${name}\` has no function`, "give it run() { … }", origin);
  if (/Generator/.test(run.constructor.name))
    throw new DefinitionError(
      `the function of step \`${name}\` is a generator: nothing would run it`,
      "make it a function, async where it waits",
      origin,
    );
  const made: Definition = {
    name,
    inputs,
    outputs,
    origin,
    calls: [],
    isOpen: false,
    isFunction: true,
    onNode: compact({ limits }),
    write: (writer) =>
      compact({
        type: "command",
        ...settings,
        name,
        inputs: writeInputs(withJobPaths(inputs, origin)),
        outputs: writeOutputs(outputs),
        code: writer.functionFolder(made),
        environment: environment === undefined ? undefined : environmentOf(environment, origin),
        command: programCommand(inputs, outputs),
      }),
  };
  return callable(made);
}

function programCommand(inputs: InputPorts, outputs: OutputPorts): string {
  const given = portWords(inputs, {}, (name, word) => `inputs.${name}=${word}`);
  const made = portWords({}, outputs, (name, word) => `outputs.${name}=${word}`);
  return ["node step.mjs", ...given, ...made].join(" ");
}
