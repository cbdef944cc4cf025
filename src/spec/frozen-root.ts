// A registered definition is read from a copy of its files that mirrors their absolute paths below one folder, so that
// later edits never change it. Inside the copy every path, `../x` and `/x` too, means the copy. Pure path arithmetic.

import path from "node:path";
import type { CodeReference } from "./graph.ts";

/** The copy of one registered version: `.stepwell/frozen/<64 hex digits>/root`. */
const FROZEN = /^(.*\/\.stepwell\/frozen\/[0-9a-f]{64}\/root)(?=\/|$)/;

/** Where `text` leads from `base`; from inside a copy it never leads out of it. */
export function resolveFrom(base: string, text: string): string {
  const root = FROZEN.exec(base)?.[1];
  if (root === undefined) return path.resolve(base, text);
  return root + path.resolve(base.slice(root.length) || "/", text);
}

/** The folder that was copied, for what cannot be: interpreters, and places that are written to. */
export function liveFolder(base: string): string {
  const root = FROZEN.exec(base)?.[1];
  return root === undefined ? base : base.slice(root.length) || "/";
}

/** The code where its author edits it, not the copy that a registered component is read from. */
export function liveCode(code: CodeReference): CodeReference {
  const folder = code.path === null ? null : liveFolder(code.path);
  return { ...code, path: folder, includes: code.includes.map(liveFolder) };
}
