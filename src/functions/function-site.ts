// The words of this room: where a step's function is written, what a bundled one is, what can be wrong with it.

/** The place of a `step({... run ...})` call, in the source as the user wrote it. */
export interface FunctionSite {
  /** Absolute. */
  readonly file: string;
  /** 1-based, of the call. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  /** The step's name: it says which call is meant when the place fits several. Never part of the program. */
  readonly name: string;
}

export interface FunctionPort {
  readonly type: string;
  /** Inputs only: an optional one may be absent. */
  readonly optional?: boolean;
}

export interface FunctionInput extends FunctionPort {
  readonly type:
    | "uri_file"
    | "uri_folder"
    | "mltable"
    | "custom_model"
    | "mlflow_model"
    | "triton_model"
    | "string"
    | "number"
    | "integer"
    | "boolean";
  readonly optional: boolean;
}

export interface FunctionPorts {
  readonly inputs: Readonly<Record<string, FunctionInput>>;
  readonly outputs: Readonly<Record<string, { readonly type: string }>>;
}

export interface LockedPackage {
  readonly version: string;
  /** From the lock file; null when there is none that names it. */
  readonly integrity: string | null;
}

export interface BundledFunction {
  /** Text of step.mjs: its bytes are the identity of the function. */
  readonly program: string;
  /** Packages that are not in the program but loaded from the project when it runs. Counted in its text too. */
  readonly packages: Readonly<Record<string, LockedPackage>>;
  /** Files that were read, absolute: the program is the same as long as these and what they import are. */
  readonly sources: readonly string[];
  /** Source map of the program. Not identity: stored elsewhere and named by STEPWELL_FUNCTION_MAP. */
  readonly map: string;
  /** Folder whose packages the program loads: STEPWELL_PROJECT_FOLDER names it when the program runs. */
  readonly projectFolder: string;
}

export interface FunctionProblem {
  readonly message: string;
  /** What to do. */
  readonly hint: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type BundleResult =
  | { readonly ok: true; readonly value: BundledFunction }
  | { readonly ok: false; readonly problems: readonly FunctionProblem[] };

/** Carries problems out of the middle of a bundle; caught once, by `bundleFunction`. */
export class FunctionProblems extends Error {
  readonly problems: readonly FunctionProblem[];
  constructor(problems: readonly FunctionProblem[]) {
    super(problems.map((problem) => problem.message).join("; "));
    this.problems = problems;
  }
}
