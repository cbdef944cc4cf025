// Versioned assets: immutable once written. Other content under an existing version is a conflict; the same content
// again gives the version that is there.

import type {
  AssetKind,
  AssetLabel,
  AssetOutcome,
  AssetRow,
  RecordStore,
} from "../../ports/records.ts";
import type { Row } from "./driver.ts";
import type { Session } from "./session.ts";

type NewAsset = Parameters<RecordStore["createAsset"]>[0];

export function createAsset(session: Session, asset: NewAsset): AssetOutcome {
  return session.transaction(() => {
    const existing =
      asset.version === null ? withContent(session, asset) : taken(session, asset, asset.version);
    const { nextVersion, sequence } = nextOf(session, asset);
    if (existing !== null)
      return existing.asset.contentId === asset.contentId && existing.isThere
        ? { kind: "same", asset: existing.asset }
        : { kind: "conflict", existing: existing.asset, nextVersion };
    const created: AssetRow = { ...asset, version: asset.version ?? nextVersion, archived: false };
    insert(session, created, sequence);
    return { kind: "created", asset: created };
  });
}

interface Existing {
  readonly asset: AssetRow;
  /** False: it was removed, and its number stays taken. */
  readonly isThere: boolean;
}

function taken(session: Session, { kind, name }: NewAsset, version: string): Existing | null {
  const row = session.get(
    `select *, ${THERE} as there from asset where workspace=? and kind=? and name=? and version=?`,
    session.workspace,
    kind,
    name,
    version,
  );
  return row === undefined ? null : { asset: toAssetRow(row), isThere: row.there === 1 };
}

function withContent(session: Session, { kind, name, contentId }: NewAsset): Existing | null {
  const row = session.get(
    `select * from asset indexed by asset_content
     where workspace=? and content_id=? and kind=? and name=? and ${THERE}
     order by sequence desc limit 1`,
    session.workspace,
    contentId,
    kind,
    name,
  );
  return row === undefined ? null : { asset: toAssetRow(row), isThere: true };
}

/** Reads no definitions: a name may have a hundred thousand versions. */
function nextOf(
  session: Session,
  { kind, name }: NewAsset,
): { readonly nextVersion: string; readonly sequence: number } {
  const row = session.get(
    `select json_group_array(version) as versions, max(sequence) as newest from asset
     where workspace=? and kind=? and name=?`,
    session.workspace,
    kind,
    name,
  );
  let highest = 0;
  for (const version of JSON.parse(String(row?.versions ?? "[]")) as string[])
    if (Number.isSafeInteger(Number(version))) highest = Math.max(highest, Number(version));
  return { nextVersion: String(highest + 1), sequence: Number(row?.newest ?? 0) + 1 };
}

function insert(session: Session, asset: AssetRow, sequence: number): void {
  session.run(
    `insert into asset(workspace, kind, name, version, created_by, created_at, content_id,
       definition, description, tags, run, sequence) values(?,?,?,?,?,?,?,?,?,?,?,?)`,
    session.workspace,
    asset.kind,
    asset.name,
    asset.version,
    asset.createdBy,
    asset.createdAt,
    asset.contentId,
    asset.definition,
    asset.description,
    JSON.stringify(asset.tags),
    asset.run,
    sequence,
  );
}

/** The version that a label means now; without one the newest. */
export function findAsset(
  session: Session,
  kind: AssetKind,
  name: string,
  { version, label }: { readonly version: string | null; readonly label: string | null },
): AssetRow | null {
  if (version !== null || label === null || label === "latest")
    return readAsset(session, kind, name, version);
  const labelled = listLabels(session, kind, name).find((one) => one.label === label);
  return labelled === undefined ? null : readAsset(session, kind, name, labelled.version);
}

export function labelAsset(
  session: Session,
  { kind, name, label, version }: AssetLabel,
  by: string,
  at: number,
): AssetRow | null {
  return session.transaction(() => {
    const asset = readAsset(session, kind, name, version);
    if (asset === null) return null;
    session.run(
      `insert into asset_label(workspace, kind, name, label, version, created_by, created_at)
       values(?,?,?,?,?,?,?) on conflict(workspace, kind, name, label) do update set
       version=excluded.version, created_by=excluded.created_by, created_at=excluded.created_at`,
      session.workspace,
      kind,
      name,
      label,
      version,
      by,
      at,
    );
    return asset;
  });
}

/** Name, version and content stay what they are. */
export function changeAsset(
  session: Session,
  { kind, name, version }: Pick<AssetRow, "kind" | "name" | "version">,
  change: Parameters<RecordStore["changeAsset"]>[1],
): AssetRow | null {
  return session.transaction(() => {
    const asset = readAsset(session, kind, name, version);
    if (asset === null) return null;
    const changed = { ...asset, ...change };
    session.run(
      `update asset set description=?, tags=?, archived=?
       where workspace=? and kind=? and name=? and version=?`,
      changed.description,
      JSON.stringify(changed.tags),
      changed.archived ? 1 : 0,
      session.workspace,
      kind,
      name,
      version,
    );
    return changed;
  });
}

export function listLabels(session: Session, kind: AssetKind, name: string): readonly AssetLabel[] {
  const rows = session.all(
    "select label, version from asset_label where workspace=? and kind=? and name=? order by label",
    session.workspace,
    kind,
    name,
  );
  return rows.map((row) => ({
    kind,
    name,
    label: String(row.label),
    version: String(row.version),
  }));
}

export function readAsset(
  session: Session,
  kind: AssetKind,
  name: string,
  version: string | null,
): AssetRow | null {
  const row =
    version === null
      ? session.get(
          `select * from asset where workspace=? and kind=? and name=? and ${THERE}
           order by archived, sequence desc limit 1`,
          session.workspace,
          kind,
          name,
        )
      : session.get(
          `select * from asset where workspace=? and kind=? and name=? and version=? and ${THERE}`,
          session.workspace,
          kind,
          name,
          version,
        );
  return row === undefined ? null : toAssetRow(row);
}

/** Removed versions are not found, though their numbers stay taken. */
const THERE = `not exists (select 1 from removal m where m.workspace=asset.workspace
  and m.kind=asset.kind and m.name=asset.name || ':' || asset.version and m.seq=0)`;

/** All versions of a name, newest first; or with `name` null every name of the kind. */
export function listAssets(
  session: Session,
  kind: AssetKind,
  name: string | null,
): readonly AssetRow[] {
  const rows =
    name === null
      ? session.all(
          `select * from asset where workspace=? and kind=? and ${THERE} order by name, sequence desc`,
          session.workspace,
          kind,
        )
      : session.all(
          `select * from asset where workspace=? and kind=? and name=? and ${THERE}
           order by sequence desc`,
          session.workspace,
          kind,
          name,
        );
  return rows.map(toAssetRow);
}

export function toAssetRow(row: Row): AssetRow {
  return {
    kind: row.kind as AssetKind,
    name: String(row.name),
    version: String(row.version),
    contentId: String(row.content_id),
    definition: String(row.definition),
    description: row.description as string | null,
    tags: JSON.parse(String(row.tags)),
    createdAt: Number(row.created_at),
    createdBy: String(row.created_by),
    run: row.run as string | null,
    archived: Number(row.archived) === 1,
  };
}
