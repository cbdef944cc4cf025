// What stands for a value that is known only when a step runs: an output of a step, an input of a pipeline. Using one as if
// it were the value is a mistake that says what to do instead.

import type { DataType } from "../spec/graph.ts";
import { DefinitionError } from "./definition-error.ts";
import { originOfCall } from "./place.ts";
import type { PortType } from "./ports.ts";

/** Whose value it is: of one pipeline while it is being defined. */
export interface Owner {
  readonly pipeline: string;
}

export type Target =
  | { readonly kind: "output"; readonly node: string; readonly output: string }
  | { readonly kind: "input"; readonly input: string };

/** An output of a step, or an input of the pipeline, to be passed on as an input of another step. */
export class Reference<T extends PortType = PortType> {
  readonly type: T;
  /** @internal */
  readonly owner: Owner;
  /** @internal */
  readonly target: Target;

  constructor(type: T, owner: Owner, target: Target) {
    this.type = type;
    this.owner = owner;
    this.target = target;
  }

  /** How YAML writes it, inside of the pipeline that it belongs to. */
  get binding(): string {
    const { target } = this;
    return target.kind === "input"
      ? `\${{parent.inputs.${target.input}}}`
      : `\${{parent.jobs.${target.node}.outputs.${target.output}}}`;
  }

  /** How messages call it. */
  get words(): string {
    const { target } = this;
    return target.kind === "input"
      ? `the pipeline's input \`${target.input}\``
      : `output \`${target.output}\` of step \`${target.node}\``;
  }

  [Symbol.toPrimitive](): never {
    throw new DefinitionError(
      `${this.words} has no value yet: it is known only when the pipeline runs`,
      "pass it as an input of a step, and use the input there",
      originOfCall(),
    );
  }

  toJSON(): never {
    return this[Symbol.toPrimitive]();
  }
}

/** Types of references that an input of type T takes. */
export type Feeding<T extends PortType> = T extends "uri_file"
  ? "uri_file" | "custom_model"
  : T extends "custom_model"
    ? DataType
    : T extends DataType
      ? Exclude<DataType, "uri_file">
      : T extends "number"
        ? "number" | "integer"
        : T extends "string"
          ? "string" | "number" | "integer" | "boolean"
          : T;
