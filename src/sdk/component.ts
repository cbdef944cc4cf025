// Something that can be called as a step: its ports, its definition, and what a call of it gives. Knows no kind of step.

import type { DataType } from "../spec/graph.ts";
import { addCall } from "./call.ts";
import type { Origin } from "./place.ts";
import type { InputPort, InputPorts, OutputPorts, PortType } from "./ports.ts";
import type { Feeding, Reference } from "./reference.ts";
import type { Remark } from "./scope.ts";
import type { CallSettings, StepLike } from "./settings.ts";
import type { JobPath } from "./source-path.ts";

/** Data by its place: a path, `azureml:name:version`, `azureml:name@label`, `azureml://…`, an address. */
export interface DataPlace {
  readonly path: string;
  readonly mode?: string;
}

/** What a call may give for an input. */
export type GivenValue<T extends PortType, V> =
  | Reference<Feeding<T>>
  | (T extends DataType ? string | DataPlace : V);

type NeededKeys<I extends InputPorts> = {
  [K in keyof I]: I[K] extends InputPort<PortType, unknown, "given"> ? K : never;
}[keyof I];

type ValueFor<P> =
  P extends InputPort<infer T, infer V, infer _Presence> ? GivenValue<T, V> : never;

declare const NO_SUCH_INPUT: unique symbol;

/** No value: a step without inputs takes none, and the compiler's message says so. */
interface NoSuchInput {
  readonly [NO_SUCH_INPUT]: never;
}

/** The inputs of one call: those without a value of their own must be given. */
export type Given<I extends InputPorts> = keyof I extends never
  ? Readonly<Record<string, NoSuchInput>>
  : { readonly [K in NeededKeys<I>]: ValueFor<I[K]> } & {
      readonly [K in Exclude<keyof I, NeededKeys<I>>]?: ValueFor<I[K]> | undefined;
    };

/** A call of a step in a pipeline. */
export interface Step<O extends OutputPorts = OutputPorts> extends StepLike {
  readonly name: string;
  readonly outputs: { readonly [K in keyof O]: Reference<O[K]["type"]> };
}

/** What writing a definition needs to know of where it is written. */
export interface Writer {
  /** How a step names the component that it calls: written there, or by a file. */
  component(definition: Definition): unknown;
  /** Folder of the program that a function was made into. */
  functionFolder(definition: Definition): JobPath;
}

/** What stands behind a component. */
export interface Definition {
  readonly name: string;
  readonly inputs: InputPorts;
  readonly outputs: OutputPorts;
  readonly origin: Origin;
  /** The component as YAML has it; a text where a name, a path where a file stands for it. */
  write(writer: Writer): Readonly<Record<string, unknown>> | JobPath | string;
  /** Settings that YAML has on nodes alone. */
  readonly onNode: Readonly<Record<string, unknown>>;
  /** Definitions that it calls in its turn. */
  readonly calls: readonly Definition[];
  /** What is worth saying of it although it is no mistake. */
  remarks?(): readonly Remark[];
  /** True where its ports are not known here: whoever reads the job checks them. */
  readonly isOpen: boolean;
  /** True where its program is made of a function. */
  readonly isFunction: boolean;
}

/** A definition that can be called: each call inside a pipeline is a step of it. */
export interface Component<I extends InputPorts = InputPorts, O extends OutputPorts = OutputPorts> {
  (
    ...call: Record<never, never> extends Given<I>
      ? [given?: Given<I>, settings?: CallSettings<keyof O>]
      : [given: Given<I>, settings?: CallSettings<keyof O>]
  ): Step<O>;
  /** @internal */
  readonly definition: Definition;
}

/** Makes a definition callable. */
export function callable<I extends InputPorts, O extends OutputPorts>(
  definition: Definition,
): Component<I, O> {
  const call = (given: object = {}, settings: CallSettings = {}): Step =>
    addCall(definition, given as Readonly<Record<string, unknown>>, settings);
  return Object.assign(call as unknown as Component<I, O>, { definition });
}
