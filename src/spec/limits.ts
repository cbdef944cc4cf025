// The limits of reading definitions, each with its reason. Knows nothing of what a definition means.

export interface SpecLimits {
  /** Of one file. A larger one is data, not a definition; the parser holds all of it in memory. */
  readonly fileBytes: number;
  /** YAML nodes of one file with aliases expanded: what keeps a bomb of aliases from filling memory. */
  readonly nodes: number;
  /** Nested mappings and lists of one file: real files have ten; each level is a level of recursion. */
  readonly depth: number;
  /** Uses of an anchor (`*x`) in one file. */
  readonly aliases: number;
  /** Steps after every nested pipeline is inlined: what the engine is built and measured for. */
  readonly steps: number;
  /** Processes of one step, all of which run on one machine: a zero too many would stop it. */
  readonly processes: number;
  /** Findings reported for one job: more help nobody and would hold millions of sentences. */
  readonly problems: number;
}

export const SPEC_LIMITS: SpecLimits = {
  fileBytes: 64 * 1024 * 1024,
  nodes: 2_000_000,
  depth: 64,
  aliases: 100,
  steps: 100_000,
  processes: 1_000,
  problems: 1_000,
};

/** Pipelines inside pipelines. Deeper ones are a component that contains itself by another name. */
export const PIPELINE_DEPTH = 100;

/** Digits of an integer. Python's own limit for `int()`; conversion beyond it costs quadratic time. */
export const INTEGER_DIGITS = 4_300;

/** Inputs, outputs and dependencies of all steps together: what keeps a large component from being copied without end. */
export const MOST_PORTS = 5_000_000;
