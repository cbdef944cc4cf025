// Copies data into the default datastore, so that nobody changes it behind a registered version. By content: the same
// bytes are copied once, and two who register at once do not disturb each other.

import path from "node:path";
import type { ResolvedData } from "../core/plan.ts";
import type { DataReference, DataType } from "../spec/graph.ts";
import { OWN_DATASTORE } from "./datastores.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { places, type Workspace } from "./workspace.ts";

/** Where the copy lies. */
export async function copyData(
  workspace: Workspace,
  { path: from, content }: Pick<ResolvedData, "path" | "content">,
  { type, name }: { readonly type: DataType; readonly name: string },
): Promise<DataReference | Refusal> {
  const folder = `assets/${name}/${content.id.slice("sha256:".length, "sha256:".length + 16)}`;
  const inside = content.kind === "file" ? `${folder}/${path.basename(from)}` : folder;
  const place = path.join(places.store(workspace.folder), inside);
  const outcome = await workspace.contents.publish({ ...content, type, path: from }, place);
  if (!outcome.ok)
    return refuse(outcome.failure.code, outcome.failure.message, outcome.failure.hint, 1);
  return { kind: "datastore", datastore: OWN_DATASTORE, path: inside };
}
