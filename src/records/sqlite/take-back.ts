// Undoes what need not have lasted, once the machine has started anew: a power cut may have kept a commit and lost the
// bytes that it speaks of. Nobody was told of it, and the attempts ended with the machine: it never was.

import { readable } from "../../core/event.ts";
import type { RunCounts } from "../../ports/records.ts";
import { summaryOf } from "../run-summary.ts";
import { readEvents } from "./events.ts";
import { forgetPorts } from "./lineage.ts";
import type { Session } from "./session.ts";

/** Part of the transaction in which an engine of a new boot takes the workspace. */
export function takeBackUnsynced(session: Session): void {
  const rows = session.all(
    `select name, lasting_seq, counts from run indexed by run_not_lasting
     where workspace=? and lasting_seq < last_seq`,
    session.workspace,
  );
  for (const row of rows) {
    const run = String(row.name);
    const seq = Number(row.lasting_seq);
    forget(session, run, seq);
    const { total } = JSON.parse(String(row.counts)) as RunCounts;
    const { status, startedAt, counts } = summaryOf(readable(readEvents(session, run, 0)), total);
    session.run(
      "update run set status=?, started_at=?, counts=?, last_seq=? where workspace=? and name=?",
      status,
      startedAt,
      JSON.stringify(counts),
      seq,
      session.workspace,
      run,
    );
  }
  forgetAssets(session);
}

/**
 * Versions that open runs have registered of outputs that are not recorded: the end of the step was not, or is not any more.
 * The step runs again and registers what it makes then.
 */
function forgetAssets(session: Session): void {
  session.run(
    `delete from asset where workspace=? and kind in ('data', 'model')
     and run in (select name from run where workspace=? and ended_at is null)
     and json_extract(definition, '$.reference.kind')='run_output'
     and json_extract(definition, '$.reference.path') is null
     and not exists(select 1 from output where workspace=asset.workspace and content_id=asset.content_id)`,
    session.workspace,
    session.workspace,
  );
}

/** Is there anything that does not last yet? */
export function hasFleeting(session: Session): boolean {
  const found = session.get(
    `select 1 as yes from run indexed by run_not_lasting
     where workspace=? and lasting_seq < last_seq limit 1`,
    session.workspace,
  );
  return found !== undefined;
}

function forget(session: Session, run: string, seq: number): void {
  const where = "where workspace=? and run=?";
  session.run(`delete from event ${where} and seq>?`, session.workspace, run, seq);
  session.run(`delete from result ${where} and seq>?`, session.workspace, run, seq);
  forgetPorts(session, run, seq);
  session.run(`delete from attempt ${where} and seq>?`, session.workspace, run, seq);
  session.run(
    `update attempt set ended_at=null, ended_seq=null ${where} and ended_seq>?`,
    session.workspace,
    run,
    seq,
  );
}
