// Rows of runs: written at submit, moved forward by the engine's commits, read newest first by key.

import type {
  EngineRequest,
  ImportedRun,
  NewRun,
  RecordStore,
  RunFilter,
  RunRow,
  RunUpdate,
} from "../../ports/records.ts";
import { putDocuments } from "./documents.ts";
import type { Row, Value } from "./driver.ts";
import { appendEvents } from "./events.ts";
import { takeOverMarks } from "./invalidations.ts";
import { putPreImages } from "./results.ts";
import type { Session } from "./session.ts";

type SubmitOutcome = Awaited<ReturnType<RecordStore["submit"]>>;

/** Nobody else can write between the look at the name and the commit. */
export function submitRun(session: Session, run: NewRun, onClaim: () => void): SubmitOutcome {
  return session.transaction(() => {
    const repeated = run.idempotencyKey === null ? null : byKey(session, run.idempotencyKey);
    if (repeated !== null) return { kind: "repeated", run: repeated };
    const taken = readRun(session, run.name);
    if (taken !== null) return { kind: "name_taken", run: taken };
    putDocuments(session, [{ id: run.planId, body: run.planBody }, ...run.documents]);
    insertRun(session, run, nextPlace(session, run.createdAt));
    onClaim();
    return { kind: "created" };
  });
}

/** `place`: its order, which the column `created_at` holds; the clock's time lies in `origin` where it is another. */
function insertRun(session: Session, run: NewRun, place: number): void {
  const counts = { total: run.steps, ran: 0, reused: 0, failed: 0 };
  const { createdAt } = run;
  const origin = place === createdAt ? run.origin : { ...run.origin, createdAt };
  session.run(
    `insert into run(workspace, name, created_by, created_at, pipeline, experiment, display_name,
       description, tags, status, priority, detached, owner, idempotency_key, plan_id, counts, origin)
     values(?,?,?,?,?,?,?,?,?,'Queued',?,?,?,?,?,?,?)`,
    session.workspace,
    run.name,
    run.origin.user,
    place,
    run.pipeline,
    run.experiment,
    run.displayName,
    run.description,
    JSON.stringify(run.tags),
    run.priority,
    run.detached ? 1 : 0,
    run.owner === null ? null : JSON.stringify(run.owner),
    run.idempotencyKey,
    run.planId,
    JSON.stringify(counts),
    JSON.stringify(origin),
  );
}

/** Behind every run there is, also one that was made while the clock was ahead. */
function nextPlace(session: Session, createdAt: number): number {
  const newest = session.get(
    "select created_at from run where workspace=? order by created_at desc limit 1",
    session.workspace,
  );
  return Math.max(createdAt, Number(newest?.created_at ?? 0) + 1);
}

function byKey(session: Session, key: string): RunRow | null {
  const row = session.get(
    "select * from run where workspace=? and idempotency_key=?",
    session.workspace,
    key,
  );
  return row === undefined ? null : toRunRow(row);
}

/** All of it in one transaction: nobody ever sees it without its end. */
export function importRun(
  session: Session,
  { run, update, preImages }: ImportedRun,
): "created" | "there" {
  return session.transaction(() => {
    if (readRun(session, run.name) !== null) return "there";
    putDocuments(session, [{ id: run.planId, body: run.planBody }, ...run.documents]);
    insertRun(session, run, run.createdAt);
    appendEvents(session, update, false);
    updateRun(session, update);
    takeOverMarks(session, run.name);
    putPreImages(session, preImages);
    // It alone lasts: what an engine's commits before it speak of may not be synced yet.
    session.run(
      "update run set imported=1, lasting_seq=last_seq where workspace=? and name=?",
      session.workspace,
      run.name,
    );
    return "created";
  });
}

export function readRun(session: Session, name: string): RunRow | null {
  const row = session.get(
    "select * from run where workspace=? and name=?",
    session.workspace,
    name,
  );
  return row === undefined ? null : toRunRow(row);
}

export function listRuns(session: Session, filter: RunFilter): readonly RunRow[] {
  const where = ["workspace=?"];
  const values: Value[] = [session.workspace];
  const add = (condition: string, ...more: Value[]): void => {
    where.push(condition);
    values.push(...more);
  };
  if (filter.imported !== true) add("imported=0");
  if (filter.experiment !== undefined) add("experiment=?", filter.experiment);
  if (filter.pipeline !== undefined) add("pipeline=?", filter.pipeline);
  if (filter.status !== undefined) add("status=?", filter.status);
  for (const [name, value] of filter.tags ?? [])
    add(
      "exists(select 1 from json_each(tags) where key=? and value=coalesce(?, value))",
      name,
      value,
    );
  if (filter.namePrefix !== undefined)
    add("substr(name, 1, length(?)) = ?", filter.namePrefix, filter.namePrefix);
  if (filter.endedSince !== undefined) add("ended_at >= ?", filter.endedSince);
  if (filter.before !== undefined)
    add("(created_at, name) < (?, ?)", filter.before.order, filter.before.name);
  const sql = `select * from run where ${where.join(" and ")} order by created_at desc, name desc limit ?`;
  return session.all(sql, ...values, filter.limit).map(toRunRow);
}

export function openRuns(session: Session): readonly RunRow[] {
  return session
    .all(
      "select * from run where workspace=? and ended_at is null order by created_at, name",
      session.workspace,
    )
    .map(toRunRow);
}

/** Moves the row of a run forward; never backwards out of an end. */
export function updateRun(session: Session, update: RunUpdate): void {
  session.run(
    `update run set status=?, started_at=?, ended_at=?, counts=?, last_seq=?
     where workspace=? and name=? and ended_at is null`,
    update.status,
    update.startedAt,
    update.endedAt,
    JSON.stringify(update.counts),
    update.firstSeq + update.events.length - 1,
    session.workspace,
    update.run,
  );
}

/** Part of a lasting commit: everything before it lasts as well. */
export function markLasting(session: Session): void {
  session.run(
    "update run set lasting_seq=last_seq where workspace=? and lasting_seq < last_seq",
    session.workspace,
  );
}

export function setOwner(
  session: Session,
  run: string,
  owner: RunRow["owner"],
  detached: boolean,
): void {
  session.run(
    "update run set owner=?, detached=? where workspace=? and name=? and ended_at is null",
    owner === null ? null : JSON.stringify(owner),
    detached ? 1 : 0,
    session.workspace,
    run,
  );
}

export function addRequest(
  session: Session,
  request: Omit<EngineRequest, "id"> & { readonly at: number },
): void {
  session.run(
    "insert into request(workspace, run, kind, created_by, created_at) values(?,?,?,?,?)",
    session.workspace,
    request.run,
    request.kind,
    request.by,
    request.at,
  );
}

export function openRequests(session: Session): readonly EngineRequest[] {
  return session
    .all("select * from request where workspace=? and handled=0 order by id", session.workspace)
    .map((row) => ({
      id: Number(row.id),
      run: String(row.run),
      kind: row.kind as EngineRequest["kind"],
      by: String(row.created_by),
    }));
}

export function handleRequests(session: Session, ids: readonly number[]): void {
  for (const id of ids)
    session.run("update request set handled=1 where workspace=? and id=?", session.workspace, id);
}

function toRunRow(row: Row): RunRow {
  const order = Number(row.created_at);
  const { createdAt = order, ...origin } = JSON.parse(String(row.origin));
  return {
    name: String(row.name),
    pipeline: String(row.pipeline),
    experiment: String(row.experiment),
    displayName: row.display_name as string | null,
    description: row.description as string | null,
    tags: JSON.parse(String(row.tags)),
    status: row.status as RunRow["status"],
    createdAt,
    order,
    startedAt: row.started_at as number | null,
    endedAt: row.ended_at as number | null,
    priority: Number(row.priority),
    detached: row.detached === 1,
    owner: row.owner === null ? null : JSON.parse(String(row.owner)),
    idempotencyKey: row.idempotency_key as string | null,
    planId: String(row.plan_id),
    counts: JSON.parse(String(row.counts)),
    origin,
    imported: Number(row.imported) === 1,
  };
}
