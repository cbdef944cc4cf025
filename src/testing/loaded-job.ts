// Loads a job held in memory, for tests of reading definitions.

import { SPEC_LIMITS } from "../spec/limits.ts";
import { type LoadedJob, type LoadOptions, loadJob } from "../spec/load-job.ts";
import { type MemoryFiles, memoryReader } from "./memory-reader.ts";

export const JOB = "/project/job.yml";

/** The job `text` at {@link JOB}, with other files by path relative to its folder. */
export function loaded(
  text: string,
  more: {
    readonly files?: Readonly<Record<string, string>>;
    readonly folders?: readonly string[];
    readonly components?: NonNullable<MemoryFiles["components"]>;
    readonly options?: Partial<LoadOptions>;
  } = {},
): LoadedJob {
  const { files = {}, folders = [], components = {}, options = {} } = more;
  const placed = Object.entries(files).map(([name, one]) => [`/project/${name}`, one]);
  return loadJob({
    file: JOB,
    set: [],
    inputs: {},
    compute: null,
    reader: memoryReader({
      files: { ...Object.fromEntries(placed), [JOB]: text },
      folders: folders.map((name) => `/project/${name}`),
      components,
    }),
    knownComputes: null,
    limits: SPEC_LIMITS,
    ...options,
  });
}

/** Findings as `severity code line:column`, short enough to compare in a test. */
export function findings(job: LoadedJob): readonly string[] {
  return job.problems.map((one) => {
    const { position } = one;
    const file = position === null || position.file === JOB ? "" : `${position.file} `;
    const place = position === null ? "-" : `${position.line}:${position.column}`;
    return `${one.severity} ${one.code} ${file}${place}`;
  });
}
