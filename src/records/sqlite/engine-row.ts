// The engine row: who may act on this workspace, and the epoch that fences off everyone before.

import { isLeased } from "../../core/engine-lease.ts";
import type { EngineRow, RecordStore } from "../../ports/records.ts";
import type { Row } from "./driver.ts";
import type { Session } from "./session.ts";
import { hasFleeting, takeBackUnsynced } from "./take-back.ts";

type BecomeEngine = RecordStore["becomeEngine"];

export function becomeEngine(
  session: Session,
  ...[me, now, isAlive, newest = 0]: Parameters<BecomeEngine>
): Awaited<ReturnType<BecomeEngine>> {
  return session.transaction(() => {
    const row = session.get("select * from engine where workspace=?", session.workspace);
    const held = row !== undefined && row.held === 1 ? toEngineRow(row) : null;
    if (held !== null && isLeased(held.heartbeat, now) && isAlive(held))
      return { kind: "held", by: held };
    if (row !== undefined && row.boot_id !== me.process.bootId) takeBackUnsynced(session);
    const epoch = Math.max(Number(row?.epoch ?? 0), newest) + 1;
    session.run(
      `insert or replace into engine(workspace, epoch, host, boot_id, pid, start_time, heartbeat, held)
       values(?,?,?,?,?,?,?,1)`,
      session.workspace,
      epoch,
      me.host,
      me.process.bootId,
      me.process.pid,
      me.process.startTime,
      now,
    );
    return { kind: "engine", epoch, inherits: hasFleeting(session) };
  });
}

/** The machine and its boot, of whoever opens the record. */
export interface Here {
  readonly host: string;
  readonly bootId: string;
}

/**
 * Before anybody reads: when the machine has started anew since an engine wrote here, who only looks must not believe what
 * a power cut may have spoiled either.
 */
export function afterRestart(session: Session, here: Here): void {
  const isSpoilt = (): boolean => {
    const row = session.get("select * from engine where workspace=?", session.workspace);
    const isEarlier = row?.host === here.host && row.boot_id !== here.bootId;
    return isEarlier && hasFleeting(session);
  };
  if (!isSpoilt()) return;
  session.transaction(() => {
    // Somebody may have become the engine just now.
    if (!isSpoilt()) return;
    takeBackUnsynced(session);
    // Should its engine live after all, on a machine of the same name, it commits nothing on top of that.
    session.run("update engine set held=0, epoch=epoch+1 where workspace=?", session.workspace);
  });
}

export function readEngine(session: Session): EngineRow | null {
  const row = session.get("select * from engine where workspace=?", session.workspace);
  return row === undefined || row.held !== 1 ? null : toEngineRow(row);
}

export function releaseEngine(session: Session, epoch: number): void {
  session.run("update engine set held=0 where workspace=? and epoch=?", session.workspace, epoch);
}

/** A heartbeat as young as this is not written again: one page less in each of many small commits. */
const FRESH_MS = 1_000;

/** Part of every commit of an engine: false when another epoch has taken the row. */
export function renewLease(session: Session, epoch: number, now: number): boolean {
  const row = session.get(
    "select heartbeat from engine where workspace=? and epoch=? and held=1",
    session.workspace,
    epoch,
  );
  if (row === undefined) return false;
  if (Math.abs(now - Number(row.heartbeat)) >= FRESH_MS)
    session.run("update engine set heartbeat=? where workspace=?", now, session.workspace);
  return true;
}

function toEngineRow(row: Row): EngineRow {
  return {
    epoch: Number(row.epoch),
    host: String(row.host),
    process: {
      bootId: String(row.boot_id),
      pid: Number(row.pid),
      startTime: String(row.start_time),
    },
    heartbeat: Number(row.heartbeat),
  };
}
