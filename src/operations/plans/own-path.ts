// Where a file of a step's copy of its code lies in the user's own folders.

import fs from "node:fs";
import path from "node:path";
import type { CodeReference } from "../../spec/graph.ts";

export function ownPath(code: CodeReference, inside: string): string {
  const [first = "", ...rest] = inside.split("/");
  const include = code.includes.find((one) => path.basename(one) === first);
  if (include !== undefined) return path.join(include, ...rest);
  if (code.path === null) return inside;
  return isFolder(code.path) ? path.join(code.path, inside) : code.path;
}

/** True also where it cannot be looked at: then its name alone has to do. */
export function isFolder(at: string): boolean {
  try {
    return !fs.statSync(at).isFile();
  } catch {
    return true;
  }
}
