// The pipeline that is being defined just now, and the calls made in it so far. Pipelines nest, so there is a stack of them.

import type { Definition, Step } from "./component.ts";
import { DefinitionError } from "./definition-error.ts";
import type { Origin } from "./place.ts";
import type { Owner } from "./reference.ts";
import type { CallSettings } from "./settings.ts";

/** One step of a pipeline as it will stand in YAML. */
export interface Call {
  readonly name: string;
  readonly definition: Definition;
  /** By input: a reference's binding, or a value. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly settings: CallSettings;
  readonly origin: Origin;
  readonly step: Step;
  /** Names of steps that must end first. */
  readonly after: Set<string>;
}

/** What is worth saying although it is no mistake. */
export interface Remark {
  readonly code: "renamed_step";
  readonly message: string;
  readonly hint: string;
  readonly origin: Origin;
}

export interface PipelineScope extends Owner {
  readonly calls: Map<string, Call>;
  readonly remarks: Remark[];
}

/** Which pipeline a step belongs to. */
export const owners = new WeakMap<object, PipelineScope>();

const open: PipelineScope[] = [];

/** Runs the body of a pipeline; what it calls is collected. */
export function within<R>(scope: PipelineScope, body: () => R): R {
  open.push(scope);
  try {
    return body();
  } finally {
    open.pop();
  }
}

/** The pipeline that a call belongs to. */
export function currentScope(what: string, origin: Origin): PipelineScope {
  const scope = open.at(-1);
  if (scope === undefined)
    throw new DefinitionError(
      `${what} is called outside of a pipeline`,
      "call it inside: pipeline({ name: … }, () => { … })",
      origin,
    );
  return scope;
}
