// The event log, and the projections that are written with it in the same transaction: results with what
// they made and read, and attempts.

import { EVENT_FORMAT, type RunEvent } from "../../core/event.ts";
import { succeeded } from "../../core/failure.ts";
import type { OpenAttempt, RunUpdate } from "../../ports/records.ts";
import { insertPorts, insertReuse } from "./lineage.ts";
import { readEvent } from "./recorded-events.ts";
import type { Session } from "./session.ts";

/**
 * Appends the events of one run and projects them. Throws when a number is taken: two engines cannot both append. A result
 * of this workspace (`isOurs`) stands behind every other one of the same work, also one that was made while the clock was ahead.
 */
export function appendEvents(session: Session, update: RunUpdate, isOurs: boolean): void {
  const pathOf = (step: number): string => update.paths[step] ?? "";
  for (const [offset, event] of update.events.entries()) {
    const seq = update.firstSeq + offset;
    session.run(
      "insert into event(workspace, run, seq, format, body) values(?,?,?,?,?)",
      session.workspace,
      update.run,
      seq,
      EVENT_FORMAT,
      JSON.stringify(event),
    );
    if (event.kind === "step_completed") insertResult(session, update.run, seq, event, isOurs);
    if (event.kind !== "attempt_created") project(session, update.run, seq, event, pathOf);
  }
}

/**
 * Projects the attempts that an update creates: after every run's ends, because an attempt may pass from one run to
 * another in one commit and a fingerprint is in flight once.
 */
export function projectCreated(session: Session, update: RunUpdate): void {
  for (const [offset, event] of update.events.entries())
    if (event.kind === "attempt_created")
      project(
        session,
        update.run,
        update.firstSeq + offset,
        event,
        (step) => update.paths[step] ?? "",
      );
}

export function readEvents(
  session: Session,
  run: string,
  after: number,
): readonly (RunEvent | null)[] {
  return session
    .all(
      "select body from event where workspace=? and run=? and seq>? order by seq",
      session.workspace,
      run,
      after,
    )
    .map((row) => readEvent(session.folder, String(row.body)));
}

export function openAttempts(session: Session, run: string): readonly OpenAttempt[] {
  return session
    .all(
      "select attempt_id, fingerprint from attempt where workspace=? and run=? and ended_at is null",
      session.workspace,
      run,
    )
    .map(({ attempt_id: id, fingerprint }) => ({
      attemptId: String(id),
      fingerprint: fingerprint === null ? null : String(fingerprint),
    }));
}

/** Writes what the tables `result` and `attempt` show of an event. */
export function project(
  session: Session,
  run: string,
  seq: number,
  event: RunEvent,
  pathOf: (step: number) => string,
): void {
  switch (event.kind) {
    case "attempt_created":
      session.run(
        `insert into attempt(workspace, run, path, number, created_by, created_at, epoch, attempt_id,
           fingerprint, seq) values(?,?,?,?,'engine',?,?,?,?,?)`,
        session.workspace,
        run,
        pathOf(event.step),
        event.number,
        event.at,
        event.epoch,
        event.attemptId,
        event.shared ? event.fingerprint : null,
        seq,
      );
      return;
    case "attempt_ended":
      // What ended well stays in flight until its outputs are taken; anything else will never deliver.
      if (!succeeded(event.end))
        endAttempt(session, run, seq, { path: pathOf(event.step), at: event.at });
      return;
    case "attempt_discarded":
      endAttempt(session, run, seq, { path: pathOf(event.step), at: event.at });
      return;
    case "step_completed":
      endAttempt(session, run, seq, event);
      insertPorts(session, run, seq, event);
      return;
    case "steps_reused":
      for (const group of event.from) insertReuse(session, run, group.run);
      return;
    case "step_failed":
      endAttempt(session, run, seq, { path: pathOf(event.step), at: event.at });
      return;
    case "steps_canceled":
      for (const step of event.steps)
        endAttempt(session, run, seq, { path: pathOf(step), at: event.at });
      return;
    case "run_ended":
      endAttempts(session, run, seq, event.at);
      return;
    default:
      return;
  }
}

/** Of a run that was ended without its plan nobody knows the paths of its steps. */
function endAttempts(session: Session, run: string, seq: number, at: number): void {
  session.run(
    "update attempt set ended_at=?, ended_seq=? where workspace=? and run=? and ended_at is null",
    at,
    seq,
    session.workspace,
    run,
  );
}

function endAttempt(
  session: Session,
  run: string,
  seq: number,
  { path, at }: { readonly path: string; readonly at: number },
): void {
  session.run(
    `update attempt set ended_at=?, ended_seq=?
     where workspace=? and run=? and path=? and ended_at is null`,
    at,
    seq,
    session.workspace,
    run,
    path,
  );
}

function insertResult(
  session: Session,
  run: string,
  seq: number,
  event: Extract<RunEvent, { kind: "step_completed" }>,
  isOurs: boolean,
): void {
  const newest = isOurs
    ? session.get(
        "select max(created_at) as at from result where workspace=? and fingerprint=?",
        session.workspace,
        event.fingerprint,
      )
    : undefined;
  session.run(
    `insert into result(workspace, run, seq, created_by, created_at, fingerprint, static_id, path,
       duration_ms) values(?,?,?,'engine',?,?,?,?,?)`,
    session.workspace,
    run,
    seq,
    Math.max(event.at, Number(newest?.at ?? 0) + 1),
    event.fingerprint,
    event.staticId,
    event.path,
    event.durationMs,
  );
}
