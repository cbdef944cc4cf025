// What stands behind a pipeline for those who run it: the program that reads a module, and the client.

import type { GraphNode } from "../display/graph-svg.ts";
import type { Definition } from "./component.ts";
import type { FunctionFolders, WrittenJob } from "./document.ts";
import type { Origin } from "./place.ts";

/** How a pipeline is recognised, of whatever copy of the SDK. */
export const PIPELINE: unique symbol = Symbol.for("stepwell.pipeline") as never;

export interface PipelineParts {
  readonly name: string;
  readonly origin: Origin;
  /** Its steps as nodes of a drawing, with the state of each. */
  draw(about?: (name: string) => Pick<GraphNode, "state" | "note">): readonly GraphNode[];
  /** Names of its outputs. */
  readonly outputs: readonly string[];
  /** Definitions whose programs are made of functions. */
  readonly functions: readonly Definition[];
  /** See `writeJob`; `file` is the module that defines it. */
  write(functions: FunctionFolders, file: string): WrittenJob;
  /** See `yamlOf`. */
  yaml(functions: FunctionFolders, folder: string): string;
}
