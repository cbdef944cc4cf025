// Copies data into the default datastore, so that nobody changes it behind a registered version. By content: the same
// bytes are copied once, and two who register at once do not disturb each other.

import path from "node:path";
import type { ResolvedData } from "../../core/plan.ts";
import type { DataReference, DataType } from "../../spec/graph.ts";
import { readablePath } from "../recorded/readable-path.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { listDatastores, OWN_DATASTORE } from "./datastores.ts";
import { publish } from "./output-destination.ts";
import { fetchRemote } from "./remote-data.ts";

/** So much of a content id names the folder of a copy. */
export const COPY_NAME = 16;

/** Where the copy lies. */
export async function copyData(
  workspace: Workspace,
  data: Pick<ResolvedData, "path" | "content" | "written" | "remote">,
  { type, name }: { readonly type: DataType; readonly name: string },
): Promise<DataReference | Refusal> {
  const { path: from, content, remote } = data;
  const notHere = remote === undefined ? null : await fetchRemote(workspace, data, remote);
  if (notHere !== null) return notHere;
  const folder = `assets/${name}/${content.id.slice("sha256:".length, "sha256:".length + COPY_NAME)}`;
  const inside = content.kind === "file" ? `${folder}/${path.basename(from)}` : folder;
  const all = await listDatastores(workspace);
  const datastore = all.find((one) => one.isDefault)?.name ?? OWN_DATASTORE;
  const reference: DataReference = { kind: "datastore", datastore, path: inside };
  const failed = await publish(workspace, reference, {
    ...content,
    type,
    path: await readablePath(workspace, data),
  });
  return failed === null ? reference : refuse(failed.code, failed.message, failed.hint, 1);
}
