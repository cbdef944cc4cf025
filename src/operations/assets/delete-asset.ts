// Removes a registered version, unless something refers to it: then it says what. The version keeps its number, and, without
// `record`, its lineage.

import { isFromOutside } from "../../core/lineage.ts";
import type { AssetRow, ResultRow } from "../../ports/records.ts";
import { type Deleted, type DeleteOptions, stillReferred } from "../keeping/delete-run.ts";
import { findAsset } from "../recorded/find-asset.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";

/** `text`: NAME:VERSION (or NAME@LABEL: the version that it means now). */
export async function deleteAsset(
  workspace: Workspace,
  kind: "data" | "model",
  text: string,
  { record, dryRun }: DeleteOptions,
): Promise<Deleted | Refusal> {
  if (!/[:@]/.test(text))
    return refuse("wrong_usage", "say which version", `stepwell delete ${kind}:${text}:VERSION`);
  const asset = await findAsset(workspace, kind, text);
  if (isRefusal(asset))
    return record && !dryRun ? forgetRemoved(workspace, kind, text, asset) : asset;
  const what = `${kind} ${asset.name}:${asset.version}`;
  const readers = await readersOf(workspace, asset);
  if (readers.length > 0) return stillReferred(what, readers);
  if (!dryRun) {
    const mark = { at: workspace.clock.now(), by: workspace.user, reason: "stepwell delete" };
    const outcome = await workspace.records.removeAsset(asset, mark);
    if (outcome.kind === "held") return stillReferred(what, outcome.by);
    if (record) await workspace.records.forgetAsset(asset);
  }
  return { what, steps: [], sizeBytes: 0, record, dryRun };
}

/** A version that was removed before can still be taken out of the record. */
async function forgetRemoved(
  { records }: Workspace,
  kind: "data" | "model",
  text: string,
  refusal: Refusal,
): Promise<Deleted | Refusal> {
  const [name = "", version = ""] = text.split(":");
  const gone = await records.removedAsset({ kind, name, version });
  if (gone === null) return refusal;
  await records.forgetAsset(gone.asset);
  return { what: `${kind} ${text}`, steps: [], sizeBytes: 0, record: true, dryRun: false };
}

/** Readers that are looked through; more than these are no better. */
const LOOKED_AT = 1000;

/** Step runs that read it by its name and whose own outputs are still there. */
async function readersOf(
  { records }: Workspace,
  { name, version, contentId }: AssetRow,
): Promise<readonly string[]> {
  const filter = { of: "outside", after: null, limit: LOOKED_AT } as const;
  const uses = (await records.readers(contentId, filter)).rows;
  const rows = await records.resultsAt(uses);
  const removals = await records.removals(uses);
  const isNamed = (row: ResultRow): boolean =>
    Object.values(row.inputs ?? {}).some(
      (read) => isFromOutside(read) && read.asset === `${name}:${version}`,
    );
  const reading = rows.flatMap((row, index) =>
    row !== null && removals[index] === null && isNamed(row)
      ? [`run ${row.run}, which read it in ${row.path === "." ? "its step" : row.path}`]
      : [],
  );
  return [...new Set(reading)];
}
