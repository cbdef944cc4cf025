// Takes a shared run into the record of this workspace, under a name that says which it is. Its outputs come when somebody
// needs them.

import path from "node:path";
import { digest } from "../../core/digest.ts";
import type { OutputRecord } from "../../core/output.ts";
import {
  eventsOf,
  readSharedRun,
  type SharedResult,
  type SharedRun,
} from "../../core/shared-run.ts";
import type { NewRun, RunOrigin } from "../../ports/records.ts";
import { places, type Workspace } from "../workspace.ts";
import { getRun, type SharedCache } from "./shared-cache.ts";

/** The run's name here, or why it is not taken. Throws `StorageError`. */
export async function importSharedRun(
  workspace: Workspace,
  cache: SharedCache,
  { id, ownKey }: { readonly id: string; readonly ownKey: string },
): Promise<{ readonly run: string } | { readonly mistake: string }> {
  const found = await getRun(cache, id, ownKey);
  if ("mistake" in found) return found;
  const shared = readSharedRun(found.body);
  if ("mistake" in shared) return shared;
  if (digest(shared.documents[shared.planId] as string) !== shared.planId)
    return { mistake: "its plan is another one than its name says" };
  const name = localName(shared, id);
  const events = eventsOf(shared, name, (result, output, record) =>
    placeOf(workspace, name, { result, output, record }),
  );
  const { run, results, steps } = shared;
  const paths: string[] = Array.from({ length: steps }, () => "");
  for (const one of results) paths[one.step] = one.path;
  await workspace.records.importRun({
    run: newRun(shared, name),
    update: {
      run: name,
      firstSeq: 1,
      events,
      paths,
      status: run.status,
      startedAt: run.createdAt,
      endedAt: run.endedAt,
      counts: { total: steps, ran: results.length, reused: 0, failed: 0 },
    },
    preImages: results.map(({ fingerprint, preImage }) => ({ fingerprint, preImage })),
  });
  return { run: name };
}

/** The same shared run is always the same run here; its author's own run of that name is another. */
function localName({ run }: SharedRun, id: string): string {
  return `${run.name.replaceAll(/[^A-Za-z0-9_.-]/g, "_").slice(0, 200)}.${id.slice(0, 8)}`;
}

function newRun({ run, planId, documents, steps }: SharedRun, name: string): NewRun {
  const { pipeline, experiment, displayName, description, tags, createdAt } = run;
  const { [planId]: planBody = "", ...others } = documents;
  return {
    name,
    pipeline,
    experiment,
    displayName,
    description,
    tags,
    createdAt,
    priority: 0,
    detached: false,
    owner: null,
    idempotencyKey: null,
    planId,
    planBody,
    steps,
    documents: Object.entries(others).map(([key, body]) => ({ id: key, body })),
    origin: run.origin as RunOrigin,
  };
}

interface Placed {
  readonly result: SharedResult;
  readonly output: string;
  readonly record: OutputRecord;
}

/** A file keeps its own name, which steps can see; nothing else of where it lay is used. */
function placeOf({ folder }: Workspace, name: string, { result, output, record }: Placed): string {
  const port = output.replaceAll(/[^A-Za-z0-9_-]/g, "_");
  const base = path.join(places.store(folder), "azureml", name, String(result.step), port);
  if (record.kind === "folder") return base;
  const file = path.basename(record.path.replaceAll("\0", ""));
  return path.join(base, file === "" || file === "." || file === ".." ? "data" : file);
}
