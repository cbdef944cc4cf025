// Where a copy of an output goes, here or elsewhere, and copying it there.

import fs from "node:fs";
import path, { posix } from "node:path";
import type { StepError } from "../../core/event.ts";
import type { OutputRecord } from "../../core/output.ts";
import type { Plan } from "../../core/plan.ts";
import type { DataReference } from "../../spec/graph.ts";
import type { DataCopyMode } from "../../spec/transfer-settings.ts";
import { isRefusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { OWN_DATASTORE } from "./datastores.ts";
import { type RemoteSource, remoteSource } from "./remote-source.ts";
import { storeFolder } from "./resolve-data.ts";

/**
 * Copies what was captured there, among what is there; null when it is there. `mode`: what happens to files of the same name;
 * without one they are overwritten, and here those that the last copy made `by` the same put there go away.
 */
export async function publish(
  workspace: Workspace,
  reference: DataReference,
  record: OutputRecord,
  { mode = null, by = "" }: { readonly mode?: DataCopyMode | null; readonly by?: string } = {},
): Promise<StepError | null> {
  const place = await destination(workspace, reference);
  if (typeof place !== "string" && "code" in place) return place;
  if (typeof place !== "string") {
    const { sendRemote } = await import("./send-remote.ts");
    const refused = await sendRemote(workspace, record, place, mode ?? undefined);
    return refused === null ? null : failed(refused.message, refused.hint);
  }
  if (mode !== null && record.kind === "folder") {
    const { mergeHere } = await import("./send-remote.ts");
    const refused = await mergeHere(workspace, record, place, mode);
    return refused === null ? null : failed(refused.message, refused.hint);
  }
  const outcome = await workspace.contents.publish(record, placeOf(record, place), by);
  return outcome.ok ? null : failed(outcome.failure.message, outcome.failure.hint);
}

/** A file goes into a folder under its own name, here as elsewhere. */
function placeOf(record: OutputRecord, place: string): string {
  const isFolder = (): boolean =>
    fs.statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const goesInto = record.kind === "file" && (place.endsWith("/") || isFolder());
  return goesInto ? path.join(place, path.basename(record.path)) : place;
}

function failed(message: string, hint: string | null): StepError {
  return { code: "publish_failed", message, hint };
}

/** Where a copy goes, with `${{name}}` and `${{default_datastore}}` filled in. */
export function filledIn(reference: DataReference, run: string, plan: Plan): DataReference {
  const fill = (text: string): string =>
    text
      .replaceAll(/\$\{\{\s*name\s*\}\}/g, run)
      .replaceAll(
        /\$\{\{\s*default_datastore\s*\}\}/g,
        plan.graph.defaultDatastore ?? OWN_DATASTORE,
      );
  if (reference.kind === "local") return { kind: "local", path: fill(reference.path) };
  if (reference.kind === "url") return { kind: "url", url: fill(reference.url) };
  if (reference.kind !== "datastore") return reference;
  // Whoever runs it chooses no place above the datastore.
  const path = posix.normalize(`/${fill(reference.path)}`).slice(1);
  return { kind: "datastore", datastore: fill(reference.datastore), path };
}

/** A local path, or a place elsewhere. */
async function destination(
  workspace: Workspace,
  reference: DataReference,
): Promise<string | RemoteSource | StepError> {
  if (reference.kind === "local") return reference.path;
  if (reference.kind === "datastore") {
    const root = await storeFolder(workspace, reference.datastore);
    if (isRefusal(root)) return failed(root.message, root.hint);
    if (root !== null) return path.join(root, reference.path);
  }
  const remote =
    reference.kind === "datastore" || reference.kind === "url"
      ? await remoteSource(workspace, reference)
      : null;
  if (isRefusal(remote)) return failed(remote.message, remote.hint);
  const [what] = reference.kind === "url" ? reference.url.split(":") : [`a ${reference.kind}`];
  return (
    remote ?? failed(`outputs cannot be written to ${what}`, "use a local path or a datastore")
  );
}
