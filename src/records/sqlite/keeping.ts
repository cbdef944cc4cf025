// Pins and removals. Who refers to a result is asked in the transaction that marks it; the transaction of a commit asks for
// marks in turn (`takesRemoved`), so that a removal and a reuse never miss each other.

import type { ResultReference, RunEvent } from "../../core/event.ts";
import { holderOf } from "../../core/held-results.ts";
import { idsOf, recordedOutputs } from "../../core/output.ts";
import type { Removal } from "../../core/removal.ts";
import type {
  KeepingRecords,
  MarkOrder,
  MarkOutcome,
  OpenRemoval,
  Pin,
  PinTarget,
} from "../../ports/keeping-records.ts";
import type { AssetRow, RunUpdate } from "../../ports/records.ts";
import { listLabels, toAssetRow } from "./assets.ts";
import type { Row } from "./driver.ts";
import { forgetAsset, forgetRun } from "./forget.ts";
import { assetsWith, reusedBy } from "./lineage.ts";
import { resultsAt } from "./results.ts";
import { openRuns } from "./runs.ts";
import type { Session } from "./session.ts";

export const keepingVerbs = (session: Session): KeepingRecords => ({
  pin: async (pin) => putPin(session, pin),
  unpin: async (target) => dropPin(session, target),
  pins: async () => listPins(session),
  moment: async () => momentOf(session),
  markRemoved: async (order) => session.transaction(() => markRemoved(session, order)),
  openRemovals: async () => openRemovals(session),
  confirmRemoved: async (results, at) =>
    session.transaction(() => confirmRemoved(session, results, at)),
  removals: async (results) => results.map((result) => removalOf(session, result)),
  removeAsset: async (asset, mark) => session.transaction(() => removeAsset(session, asset, mark)),
  removedAsset: async (asset) => removedAsset(session, asset),
  forgetRun: async (run) => session.transaction(() => forgetRun(session, run)),
  forgetAsset: async (asset) => session.transaction(() => forgetAsset(session, asset)),
});

function putPin(session: Session, { kind, name, by, at }: Pin): void {
  session.transaction(() =>
    session.run(
      `insert or ignore into pin(workspace, kind, name, created_by, created_at) values(?,?,?,?,?)`,
      session.workspace,
      kind,
      name,
      by,
      at,
    ),
  );
}

function dropPin(session: Session, { kind, name }: PinTarget): boolean {
  const dropped = session.transaction(() =>
    session.run(
      "delete from pin where workspace=? and kind=? and name=?",
      session.workspace,
      kind,
      name,
    ),
  );
  return dropped > 0;
}

function listPins(session: Session): readonly Pin[] {
  return session
    .all(
      `select kind, name, created_by, created_at from pin where workspace=?
       order by created_at, kind, name`,
      session.workspace,
    )
    .map((row) => ({
      kind: row.kind as Pin["kind"],
      name: String(row.name),
      by: String(row.created_by),
      at: Number(row.created_at),
    }));
}

function momentOf(session: Session): string {
  const newest = session.get(
    "select name from run where workspace=? order by created_at desc, name desc limit 1",
    session.workspace,
  );
  const counts = ["asset", "pin"].map((table) =>
    Number(
      session.get(`select count(*) as total from ${table} where workspace=?`, session.workspace)
        ?.total,
    ),
  );
  return JSON.stringify([newest?.name ?? null, ...counts]);
}

function markRemoved(session: Session, order: MarkOrder): MarkOutcome {
  if (momentOf(session) !== order.moment) return { kind: "changed" };
  const holder = holderOf({
    openRuns: openRuns(session).map((run) => run.name),
    pins: listPins(session),
    reusedBy: (run) => reusedBy(session, run),
    idsOf: (reference) => {
      const [row = null] = resultsAt(session, [reference]);
      return row === null ? [] : recordedOutputs(row.result).flatMap(([, one]) => idsOf(one));
    },
    assetsWith: (id) =>
      assetsWith(session, id)
        .filter((asset) => removalRow(session, asset.kind, nameOf(asset), 0) === undefined)
        .map((asset) => `${asset.kind} ${nameOf(asset)}`),
  });
  const asked = order.results.map((result) => ({ ...result, by: holder(result) }));
  const held = asked.flatMap(({ run, seq, by }) => (by === null ? [] : [{ run, seq, by }]));
  if (order.forget !== null && held.length > 0) return { kind: "marked", results: [], held };
  const results = asked.filter(({ by }) => by === null);
  for (const { run, seq, sizeBytes } of results) {
    insertRemoval(session, { kind: "result", name: run, seq, sizeBytes }, order.mark);
    session.run(
      "update result set removed=1 where workspace=? and run=? and seq=?",
      session.workspace,
      run,
      seq,
    );
  }
  if (order.forget !== null)
    insertRemoval(session, { kind: "run", name: order.forget, seq: 0, sizeBytes: 0 }, order.mark);
  return { kind: "marked", results: results.map(({ run, seq }) => ({ run, seq })), held };
}

/** Does a batch take over a result that has been marked? Asked of runs with marks only: of others there is nothing to ask. */
export function takesRemoved(session: Session, updates: readonly RunUpdate[]): boolean {
  for (const { events } of updates)
    for (const event of events)
      if (event.kind === "steps_reused" && event.from.some((one) => isRemoved(session, one)))
        return true;
  return false;
}

function isRemoved(
  session: Session,
  { run, results }: Extract<RunEvent, { kind: "steps_reused" }>["from"][number],
): boolean {
  const some = session.get(
    "select 1 as yes from removal where workspace=? and kind='result' and name=? limit 1",
    session.workspace,
    run,
  );
  return some !== undefined && results.some((seq) => removalOf(session, { run, seq }) !== null);
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly seq: number;
  readonly sizeBytes: number;
}

function insertRemoval(session: Session, subject: Subject, { at, by, reason }: Removal): void {
  session.run(
    `insert or ignore into removal(workspace, kind, name, seq, created_by, created_at, reason,
       size_bytes) values(?,?,?,?,?,?,?,?)`,
    session.workspace,
    subject.kind,
    subject.name,
    subject.seq,
    by,
    at,
    reason,
    subject.sizeBytes,
  );
}

function openRemovals(session: Session): OpenRemoval {
  const rows = session.all(
    `select kind, name, seq from removal indexed by removal_open
     where workspace=? and confirmed_at is null order by kind, name, seq`,
    session.workspace,
  );
  const named = (kind: string): readonly Row[] => rows.filter((row) => row.kind === kind);
  return {
    results: named("result").map((row) => ({ run: String(row.name), seq: Number(row.seq) })),
    forget: named("run").map((row) => String(row.name)),
  };
}

function confirmRemoved(session: Session, results: readonly ResultReference[], at: number): void {
  for (const { run, seq } of results)
    session.run(
      `update removal set confirmed_at=?
       where workspace=? and kind='result' and name=? and seq=? and confirmed_at is null`,
      at,
      session.workspace,
      run,
      seq,
    );
}

export function removalOf(session: Session, { run, seq }: ResultReference): Removal | null {
  return toRemoval(removalRow(session, "result", run, seq));
}

function removalRow(session: Session, kind: string, name: string, seq: number): Row | undefined {
  return session.get(
    `select created_by, created_at, reason from removal
     where workspace=? and kind=? and name=? and seq=?`,
    session.workspace,
    kind,
    name,
    seq,
  );
}

function toRemoval(row: Row | undefined): Removal | null {
  if (row === undefined) return null;
  return { at: Number(row.created_at), by: String(row.created_by), reason: String(row.reason) };
}

type Version = Pick<AssetRow, "kind" | "name" | "version">;

function nameOf({ name, version }: Version): string {
  return `${name}:${version}`;
}

function removeAsset(
  session: Session,
  asset: Version,
  mark: Removal,
): Awaited<ReturnType<KeepingRecords["removeAsset"]>> {
  const name = nameOf(asset);
  const labels = listLabels(session, asset.kind, asset.name)
    .filter((label) => label.version === asset.version)
    .map((label) => `label ${label.label}`);
  const pins = listPins(session)
    .filter((pin) => pin.kind === asset.kind && pin.name === name)
    .map(() => `the pin of ${asset.kind} ${name}`);
  const by = [...labels, ...pins];
  if (by.length > 0) return { kind: "held", by };
  insertRemoval(session, { kind: asset.kind, name, seq: 0, sizeBytes: 0 }, mark);
  session.run(
    `update removal set confirmed_at=created_at
     where workspace=? and kind=? and name=? and seq=0`,
    session.workspace,
    asset.kind,
    name,
  );
  return { kind: "marked" };
}

function removedAsset(
  session: Session,
  { kind, name, version }: Version,
): { readonly asset: AssetRow; readonly removed: Removal } | null {
  const removed = toRemoval(removalRow(session, kind, `${name}:${version}`, 0));
  const row = session.get(
    "select * from asset where workspace=? and kind=? and name=? and version=?",
    session.workspace,
    kind,
    name,
    version,
  );
  return removed === null || row === undefined ? null : { asset: toAssetRow(row), removed };
}
