// What to do about data that a file written for another place names and that is not here: the line of `stepwell.yml` that
// says where it lies. Looks nothing up.

import type { DataReference } from "../../spec/graph.ts";
import { patternHint } from "../../spec/path-pattern.ts";
import type { Refusal } from "../refusal.ts";

/** The same refusal, with the way out for a reference of this kind. */
export function withWayOut(refusal: Refusal, reference: DataReference): Refusal {
  const hint = wayOut(refusal.code, reference);
  return hint === null ? refusal : { ...refusal, hint };
}

function wayOut(code: string, reference: DataReference): string | null {
  if (reference.kind === "datastore" && code === "missing_path") {
    const { datastore, path } = reference;
    const pattern = patternHint(path);
    if (pattern !== null) return pattern;
    return `put it there, or say in stepwell.yml where that datastore lies: datastores: {${datastore}: {type: file, path: ./FOLDER}}`;
  }
  if (reference.kind !== "url") return null;
  const copy = `map it to a local copy in stepwell.yml: url_map: {${JSON.stringify(reference.url)}: ./copy}`;
  if (code === "storage_unreachable") return `try again when it answers, or ${copy}`;
  if (code === "storage_denied")
    return `sign in, or ${copy}; a public place is read as nobody through a datastore of it with \`credentials: none\``;
  return null;
}
