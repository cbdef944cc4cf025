// Assets of the record store in memory: immutable versions, labels that move.

import { idsOf, recordedOutputs } from "../core/output.ts";
import type { AssetLabel, AssetRow, RecordStore, ResultRow, RunRow } from "../ports/records.ts";

type AssetVerbs = Pick<
  RecordStore,
  "createAsset" | "labelAsset" | "labels" | "asset" | "assets" | "changeAsset"
>;

interface Remembered {
  /** Every version, in the order of registration. */
  readonly assets: AssetRow[];
  readonly labels: Map<string, AssetLabel>;
  /** Versions that are not found any more, though their numbers stay taken. */
  readonly removedAssets: ReadonlyMap<string, unknown>;
}

export function versionKey({ kind, name, version }: Omit<AssetLabel, "label">): string {
  return JSON.stringify([kind, name, version]);
}

export function memoryAssets({ assets: rows, labels, removedAssets }: Remembered): AssetVerbs {
  const every = (kind: string, name: string | null): readonly AssetRow[] =>
    rows.filter((row) => row.kind === kind && (name === null || row.name === name)).reverse();
  const isThere = (row: AssetRow): boolean => !removedAssets.has(versionKey(row));
  const versions = (kind: string, name: string | null): readonly AssetRow[] =>
    every(kind, name).filter(isThere);
  return {
    async createAsset(asset) {
      const known = every(asset.kind, asset.name);
      const numbers = known.map((row) => Number(row.version)).filter(Number.isSafeInteger);
      const nextVersion = String(Math.max(0, ...numbers) + 1);
      const existing = known.find((row) =>
        asset.version === null
          ? row.contentId === asset.contentId && isThere(row)
          : row.version === asset.version,
      );
      if (existing !== undefined)
        return existing.contentId === asset.contentId && isThere(existing)
          ? { kind: "same", asset: existing }
          : { kind: "conflict", existing, nextVersion };
      const created = { ...asset, version: asset.version ?? nextVersion, archived: false };
      rows.push(created);
      return { kind: "created", asset: created };
    },
    async labelAsset(label) {
      const { kind, name, version } = label;
      const asset = versions(kind, name).find((row) => row.version === version);
      if (asset === undefined) return null;
      labels.set(JSON.stringify([kind, name, label.label]), label);
      return asset;
    },
    labels: async (kind, name) =>
      [...labels.values()]
        .filter((one) => one.kind === kind && one.name === name)
        .sort((a, b) => (a.label < b.label ? -1 : 1)),
    async asset(kind, name, version, label) {
      const moves = version === null && label !== null && label !== "latest";
      const labelled = moves ? labels.get(JSON.stringify([kind, name, label])) : undefined;
      if (moves && labelled === undefined) return null;
      const wanted = labelled?.version ?? version;
      const known = versions(kind, name);
      if (wanted !== null) return known.find((row) => row.version === wanted) ?? null;
      return known.find((row) => !row.archived) ?? known[0] ?? null;
    },
    assets: async (kind, name) => versions(kind, name),
    async changeAsset({ kind, name, version }, change) {
      const at = rows.findIndex(
        (row) => row.kind === kind && row.name === name && row.version === version,
      );
      const asset = rows[at];
      if (asset === undefined) return null;
      const changed = { ...asset, ...change };
      rows[at] = changed;
      return changed;
    },
  };
}

interface Registered {
  readonly reference?: { readonly kind: string; readonly path?: string };
}

/** What open runs have registered of outputs that are not recorded, after a power cut. */
export function forgetAssets(data: {
  readonly assets: AssetRow[];
  readonly runs: ReadonlyMap<string, RunRow>;
  readonly results: readonly ResultRow[];
}): void {
  const recorded = new Set(
    data.results.flatMap(({ result }) => recordedOutputs(result).flatMap(([, one]) => idsOf(one))),
  );
  const isLost = ({ kind, run, contentId, definition }: AssetRow): boolean => {
    if ((kind !== "data" && kind !== "model") || run === null || recorded.has(contentId))
      return false;
    const { reference } = JSON.parse(definition) as Registered;
    const isWhole = reference?.kind === "run_output" && reference.path === undefined;
    return isWhole && data.runs.get(run)?.endedAt === null;
  };
  const kept = data.assets.filter((row) => !isLost(row));
  data.assets.splice(0, data.assets.length, ...kept);
}
