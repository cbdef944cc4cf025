// What the process that reads a module tells the one that asked: the pipeline as a job for the reader, or what is wrong.
// Plain JSON data.

import type { Position, Problem } from "../spec/problem.ts";

export interface ModuleRequest {
  /** Absolute path of the module. */
  readonly file: string;
  /** Where the report is written; absolute. */
  readonly report: string;
  /** Folder for the programs of function steps; absolute. */
  readonly functions: string;
  /**
   * `job`: for the reader. `yaml`: one file for people, with paths from `folder`; programs of functions beside it. `text`:
   * the same where nothing may be written, so not with functions.
   */
  readonly form: "job" | "yaml" | "text";
  readonly folder: string;
  /** Places of many steps are worked out only where they are asked for: of ten thousand that takes a second. */
  readonly places: boolean;
  /** Address of the SDK that `import "stepwell"` gets. */
  readonly sdk: string;
}

export interface ModuleReport {
  /** Null where there is no pipeline to be read. */
  readonly pipeline: string | null;
  readonly text: string;
  /** By line of `text`, where it comes from; null where there are many and nobody asked. */
  readonly lines: readonly (Position | null)[] | null;
  readonly components: readonly {
    readonly path: string;
    readonly text: string;
    readonly position: Position | null;
  }[];
  readonly problems: readonly Problem[];
}
