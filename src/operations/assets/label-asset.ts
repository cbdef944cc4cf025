// Lets a label mean a version of an asset from now on. Runs that were planned before keep the version they resolved.

import type { AssetKind, AssetRow } from "../../ports/records.ts";
import { findAsset } from "../recorded/find-asset.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";

/** `text` is NAME:VERSION (or NAME@LABEL: the version that it means now). */
export async function labelAsset(
  workspace: Workspace,
  kind: AssetKind,
  text: string,
  label: string,
): Promise<AssetRow | Refusal> {
  if (label === "latest")
    return refuse("wrong_usage", "latest is always the newest version", "choose another label");
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/.test(label))
    return refuse(
      "bad_name",
      `${label} is not a label`,
      "use up to 255 letters, digits, _, - and .",
    );
  if (!/[:@]/.test(text))
    return refuse(
      "wrong_usage",
      "say which version the label means",
      `stepwell ${kind} label NAME:VERSION ${label}`,
    );
  const asset = await findAsset(workspace, kind, text);
  if (isRefusal(asset)) return asset;
  const { name, version } = asset;
  const now = workspace.clock.now();
  return (
    (await workspace.records.labelAsset({ kind, name, label, version }, workspace.user, now)) ??
    asset
  );
}
