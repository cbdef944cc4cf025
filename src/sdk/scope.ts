// The pipeline that is being defined just now, and the calls made in it so far. Pipelines nest, so there is a stack of them.

import { fileURLToPath } from "node:url";
import type { Definition, Step } from "./component.ts";
import { DefinitionError } from "./definition-error.ts";
import type { Origin } from "./place.ts";
import type { Owner } from "./reference.ts";
import type { CallSettings } from "./settings.ts";

/** One step of a pipeline as it will stand in YAML. */
export interface Call {
  readonly name: string;
  /** Which call of its pipeline it is, from 0. */
  readonly index: number;
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

/** Calls that got another name than they asked for. */
export interface Renamed {
  count: number;
  readonly first: string;
  last: string;
  /** Of the first. */
  readonly origin: Origin;
}

export interface PipelineScope extends Owner {
  readonly calls: Map<string, Call>;
  /** By the name that was taken. */
  readonly renamed: Map<string, Renamed>;
  /** Steps that wait for steps that were called after them. */
  readonly backward: { readonly step: string; readonly earlier: string; readonly origin: Origin }[];
}

export function newScope(pipeline: string): PipelineScope {
  return { pipeline, calls: new Map(), renamed: new Map(), backward: [] };
}

/** One for each name: a loop makes thousands. */
export function remarksOf({ renamed }: PipelineScope): readonly Remark[] {
  return [...renamed].map(([wanted, { count, first, last, origin }]) => ({
    code: "renamed_step" as const,
    message:
      count === 1
        ? `a second call of \`${wanted}\` is called \`${first}\`: a call inserted before it would rename it`
        : `${count} more calls of \`${wanted}\` are called \`${first}\` … \`${last}\`: a call inserted before one would rename it`,
    hint: `Name it: ${wanted}({…}, { name: "…" }). A rename never makes a step run again.`,
    origin,
  }));
}

/** Which pipeline a step belongs to. */
export const owners = new WeakMap<object, PipelineScope>();

const open: PipelineScope[] = [];

/** Of each copy of this package that the process has loaded: the pipelines that are being defined with it. */
const COPIES = Symbol.for("stepwell.copies");
const holder = globalThis as { [COPIES]?: Map<string, readonly unknown[]> };
holder[COPIES] ??= new Map();
const copies = holder[COPIES];
copies.set(import.meta.url, open);

/** As deep as the reader of jobs goes. */
const DEPTH = 100;

/** Runs the body of a pipeline; what it calls is collected. */
export function within<R>(scope: PipelineScope, body: () => R, origin: Origin): R {
  if (open.length >= DEPTH)
    throw new DefinitionError(
      `pipelines are defined inside of each other more than ${DEPTH} deep`,
      "does one define itself?",
      origin,
    );
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
  if (scope === undefined) {
    const other = [...copies].find(([at, scopes]) => at !== import.meta.url && scopes.length > 0);
    if (other !== undefined)
      throw new DefinitionError(
        `${what} was defined with another copy of stepwell than the pipeline around it`,
        `let both import the same one (npm dedupe): ${packageOf(import.meta.url)} and ${packageOf(other[0])}`,
        origin,
      );
    throw new DefinitionError(
      `${what} is called outside of a pipeline`,
      "call it inside: pipeline({ name: … }, () => { … })",
      origin,
    );
  }
  return scope;
}

/** The folder of a package, of a file in it. */
function packageOf(url: string): string {
  return fileURLToPath(url).replace(/\/(?:dist|src)\/[^/]*(?:\/[^/]*)?$/, "");
}
