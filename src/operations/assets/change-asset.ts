// Changes what may change of a registered asset: whether lists show it, its description, its tags. What a version means
// never changes.

import type { AssetKind, AssetRow } from "../../ports/records.ts";
import { findAsset } from "../recorded/find-asset.ts";
import { isRefusal, type Refusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";

/** NAME: all its versions; NAME:VERSION or NAME@LABEL: that one. */
export async function archiveAsset(
  workspace: Workspace,
  kind: AssetKind,
  text: string,
  archived: boolean,
): Promise<readonly AssetRow[] | Refusal> {
  const found = await findAsset(workspace, kind, text);
  if (isRefusal(found)) return found;
  const isOne = /[:@]/.test(text.replace(/^azureml:/, ""));
  const rows = isOne ? [found] : await workspace.records.assets(kind, found.name);
  const changed: AssetRow[] = [];
  for (const row of rows)
    if (row.archived !== archived)
      changed.push((await workspace.records.changeAsset(row, { archived })) ?? row);
  return changed;
}

export interface AssetChange {
  /** Undefined: stays. */
  readonly description?: string;
  /** Tags to set; the others stay. */
  readonly tags: Readonly<Record<string, string>>;
  /** Tags to take away. */
  readonly without: readonly string[];
}

export async function updateAsset(
  workspace: Workspace,
  kind: AssetKind,
  text: string,
  { description, tags, without }: AssetChange,
): Promise<AssetRow | Refusal> {
  const found = await findAsset(workspace, kind, text);
  if (isRefusal(found)) return found;
  const kept = Object.entries({ ...found.tags, ...tags }).filter(([key]) => !without.includes(key));
  const change = {
    tags: Object.fromEntries(kept),
    ...(description === undefined ? {} : { description }),
  };
  return (await workspace.records.changeAsset(found, change)) ?? found;
}

export interface AssetFilter {
  /** Only these: in name, description or a tag, in any case of letters. */
  readonly search: string | null;
  /** All of them; a null value: whatever it is. */
  readonly tags: readonly (readonly [key: string, value: string | null])[];
  readonly archived: "left out" | "included" | "only";
}

export async function listAssets(
  workspace: Workspace,
  kind: AssetKind,
  name: string | null,
  filter: AssetFilter,
): Promise<readonly AssetRow[]> {
  const search = filter.search?.toLowerCase() ?? null;
  return (await workspace.records.assets(kind, name)).filter(
    (row) =>
      (filter.archived === "included" || row.archived === (filter.archived === "only")) &&
      (search === null || wordsOf(row).some((word) => word.toLowerCase().includes(search))) &&
      filter.tags.every(
        ([key, value]) =>
          Object.hasOwn(row.tags, key) && (value === null || row.tags[key] === value),
      ),
  );
}

function wordsOf({ name, description, tags }: AssetRow): readonly string[] {
  return [name, description ?? "", ...Object.entries(tags).flat()];
}
