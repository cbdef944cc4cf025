// Finds a registered asset by `name`, `name:version` or `name@label`, and says what there is when it is not there.

import { describeRemoval } from "../../core/removal.ts";
import type { AssetKind, AssetLabel, AssetRow } from "../../ports/records.ts";
import { parseAssetName, parseShortName } from "../../spec/asset-name.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";

export async function findAsset(
  workspace: Workspace,
  kind: AssetKind,
  text: string,
): Promise<AssetRow | Refusal> {
  const wanted = parseShortName(text) ?? parseAssetName(text);
  if (wanted === null)
    return refuse("wrong_usage", `${text} is not a name`, "write NAME, NAME:VERSION or NAME@LABEL");
  const { name, version, label } = wanted;
  const asset = await workspace.records.asset(kind, name, version, label);
  if (asset !== null) return asset;
  const gone =
    version === null ? null : await workspace.records.removedAsset({ kind, name, version });
  if (gone !== null)
    return refuse(
      "removed_asset",
      `${kind} ${name}:${version} was ${describeRemoval(gone.removed)}`,
      `see where it came from and what was made of it: stepwell lineage ${kind}:${name}:${version}`,
    );
  const versions = await workspace.records.assets(kind, name);
  const hint =
    versions.length === 0
      ? `see what there is: stepwell ${kind} list`
      : `there is ${versions
          .slice(0, SHOWN)
          .map((row) => `${name}:${row.version}`)
          .join(", ")}${labelsShown(await workspace.records.labels(kind, name))}`;
  return refuse("unknown_asset", `there is no ${kind} ${text} in this workspace`, hint);
}

function labelsShown(labels: readonly AssetLabel[]): string {
  if (labels.length === 0) return "";
  const rest = labels.length - SHOWN;
  const list = labels.slice(0, SHOWN).map(({ label, version }) => `${label} (${version})`);
  return `; labels ${list.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

const SHOWN = 12;
