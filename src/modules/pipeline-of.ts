// Which pipeline a module is about: its default export, or the only one that it exports.

import type { Position, Problem } from "../spec/problem.ts";

/** What is called of a pipeline; see `PipelineParts` of the SDK. A copy of it elsewhere has the same. */
export interface ModulePipeline {
  readonly name: string;
  readonly functions: readonly ModuleFunction[];
  write(folders: ReadonlyMap<ModuleFunction, string>, file: string): ModuleJob;
  yaml(folders: ReadonlyMap<ModuleFunction, string>, folder: string): string;
}

type Origin = () => Position | null;

export interface ModuleFunction {
  readonly name: string;
  readonly inputs: Readonly<Record<string, { readonly type: string; readonly presence: string }>>;
  readonly outputs: Readonly<Record<string, { readonly type: string }>>;
  readonly origin: Origin;
}

interface ModuleJob {
  readonly text: string;
  readonly lines: readonly (Origin | null)[];
  readonly components: ReadonlyMap<string, { readonly text: string; readonly origin: Origin }>;
  readonly remarks: readonly {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly origin: Origin;
  }[];
}

const PIPELINE = Symbol.for("stepwell.pipeline");

export function pipelineOf(
  exports: Readonly<Record<string, unknown>>,
  file: string,
): ModulePipeline | Problem {
  const own = partsOf(exports.default) ?? partsOf(propertyOf(exports.default, "default"));
  if (own !== null) return own;
  const named = Object.entries(exports).flatMap(([name, value]) => {
    const parts = partsOf(value);
    return parts === null ? [] : [{ name, parts }];
  });
  const [only, second] = named;
  if (only !== undefined && second === undefined) return only.parts;
  const isStep = propertyOf(exports.default, "definition") !== undefined;
  return {
    severity: "error",
    code: "no_pipeline",
    message:
      only === undefined
        ? isStep
          ? "the module exports a step, not a pipeline"
          : "the module exports no pipeline"
        : `the module exports several pipelines: ${named.map(({ name }) => name).join(", ")}`,
    hint:
      only === undefined
        ? "Write: export default pipeline({ name: … }, () => { … })"
        : "Make one of them the default export.",
    position: { file, line: 1, column: 1 },
  };
}

function partsOf(value: unknown): ModulePipeline | null {
  return (propertyOf(value, PIPELINE) as ModulePipeline | undefined) ?? null;
}

function propertyOf(value: unknown, name: PropertyKey): unknown {
  const isThing = (typeof value === "object" && value !== null) || typeof value === "function";
  return isThing ? Reflect.get(value as object, name) : undefined;
}
