// Results by content: the tables `output`, `input` and `reuse`, written with the events that they show, and what is asked
// of them.

import type { ResultReference, RunEvent } from "../../core/event.ts";
import { idsOf, recordedOutputs } from "../../core/output.ts";
import type { LineageIndex, Page, PortUse, ReaderFilter } from "../../ports/lineage-index.ts";
import type { AssetRow } from "../../ports/records.ts";
import { toAssetRow } from "./assets.ts";
import type { Row, Value } from "./driver.ts";
import { readEvent } from "./recorded-events.ts";
import { resultsAt } from "./results.ts";
import type { Session } from "./session.ts";

type Completed = Extract<RunEvent, { kind: "step_completed" }>;

/** What the tables show of a result. */
export function insertPorts(session: Session, run: string, seq: number, event: Completed): void {
  for (const [name, record] of recordedOutputs(event.result))
    for (const id of idsOf(record))
      session.run(
        `insert into output(workspace, content_id, created_at, run, seq, name)
         values(?,?,?,?,?,?)`,
        session.workspace,
        id,
        event.at,
        run,
        seq,
        name,
      );
  for (const [name, read] of Object.entries(event.inputs ?? {})) {
    const from = "from" in read ? read.from : null;
    session.run(
      `insert into input(workspace, content_id, created_at, run, seq, name, from_run, from_seq)
       values(?,?,?,?,?,?,?,?)`,
      session.workspace,
      read.id,
      event.at,
      run,
      seq,
      name,
      from?.run ?? null,
      from?.seq ?? null,
    );
  }
}

export function insertReuse(session: Session, run: string, madeBy: string): void {
  session.run(
    "insert or ignore into reuse(workspace, made_by, run) values(?,?,?)",
    session.workspace,
    madeBy,
    run,
  );
}

/** What was written of events behind `seq` is taken back. */
export function forgetPorts(session: Session, run: string, seq: number): void {
  for (const table of ["output", "input"])
    session.run(
      `delete from ${table} where workspace=? and run=? and seq>?`,
      session.workspace,
      run,
      seq,
    );
  const made = new Set(reusedBy(session, run).map((result) => result.run));
  session.run("delete from reuse where workspace=? and run=?", session.workspace, run);
  for (const madeBy of made) insertReuse(session, run, madeBy);
}

export const lineageVerbs = (session: Session): LineageIndex => ({
  makers: async (id, filter) => makers(session, id, filter),
  readers: async (id, filter) => readers(session, id, filter),
  assetsWith: async (id) => assetsWith(session, id),
  contentIds: async (prefix, limit) => contentIds(session, prefix, limit),
  resultsAt: async (results) => resultsAt(session, results),
  reusersOf: async (run) => reusersOf(session, run),
  reusedBy: async (run) => reusedBy(session, run),
});

function makers(
  session: Session,
  id: string,
  { before, limit }: { readonly before: number | null; readonly limit: number },
): Page<PortUse> {
  const where = "from output where workspace=? and content_id=? and created_at<?";
  const values = [session.workspace, id, before ?? Number.MAX_SAFE_INTEGER];
  return pageOf(session, where, "", { values, limit });
}

function readers(session: Session, id: string, { of, after, limit }: ReaderFilter): Page<PortUse> {
  const whose =
    of === "any"
      ? ""
      : of === "outside"
        ? "and from_run is null"
        : "and (from_run is null or (from_run=? and from_seq=?))";
  const where = `from input where workspace=? and content_id=? and created_at>? ${whose}`;
  const named = typeof of === "string" ? [] : [of.run, of.seq];
  const values = [session.workspace, id, after ?? -1, ...named];
  return pageOf(session, where, "desc", { values, limit });
}

function pageOf(
  session: Session,
  where: string,
  order: "" | "desc",
  { values, limit }: { readonly values: readonly Value[]; readonly limit: number },
): Page<PortUse> {
  const by = ["created_at", "run", "seq", "name"].map((column) => `${column} ${order}`).join(", ");
  const rows = session.all(
    `select created_at, run, seq, name ${where} order by ${by} limit ?`,
    ...values,
    limit,
  );
  const total =
    rows.length < limit
      ? rows.length
      : Number(session.get(`select count(*) as total ${where}`, ...values)?.total ?? 0);
  return { rows: rows.map(toUse), total };
}

function toUse(row: Row): PortUse {
  return {
    run: String(row.run),
    seq: Number(row.seq),
    port: String(row.name),
    at: Number(row.created_at),
  };
}

export function assetsWith(session: Session, id: string): readonly AssetRow[] {
  return session
    .all(
      `select * from asset indexed by asset_content where workspace=? and content_id=?
       order by created_at, kind, name, sequence`,
      session.workspace,
      id,
    )
    .map(toAssetRow)
    .filter(({ kind }) => kind === "data" || kind === "model");
}

/** Nothing that an id holds sorts behind this. */
const BEHIND = "\u{10ffff}";

function contentIds(session: Session, prefix: string, limit: number): readonly string[] {
  const found = new Set<string>();
  const sources = ["output", "input", "asset indexed by asset_content"];
  for (const source of sources)
    for (const row of session.all(
      `select distinct content_id from ${source}
       where workspace=? and content_id>=? and content_id<? order by content_id limit ?`,
      session.workspace,
      prefix,
      `${prefix}${BEHIND}`,
      limit,
    ))
      found.add(String(row.content_id));
  return [...found].sort().slice(0, limit);
}

function reusersOf(session: Session, run: string): readonly string[] {
  return session
    .all(
      `select r.run from reuse r join run n on n.workspace=r.workspace and n.name=r.run
       where r.workspace=? and r.made_by=? order by n.created_at desc, n.name desc`,
      session.workspace,
      run,
    )
    .map((row) => String(row.run));
}

export function reusedBy(session: Session, run: string): readonly ResultReference[] {
  const taken = new Map<string, Set<number>>();
  // Read apart here: SQLite would read the text of a group again for each of its results.
  for (const row of session.all(
    "select body from event where workspace=? and run=? and instr(body, '\"steps_reused\"') > 0",
    session.workspace,
    run,
  )) {
    const event = readEvent(session.folder, String(row.body));
    for (const group of event?.kind === "steps_reused" ? event.from : [])
      for (const seq of group.results) setOf(taken, group.run).add(seq);
  }
  return [...taken]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([madeBy, seqs]) =>
      [...seqs].sort((one, other) => one - other).map((seq) => ({ run: madeBy, seq })),
    );
}

function setOf(sets: Map<string, Set<number>>, key: string): Set<number> {
  const known = sets.get(key) ?? new Set<number>();
  sets.set(key, known);
  return known;
}
