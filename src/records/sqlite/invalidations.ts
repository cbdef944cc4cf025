// Results by what has become of them: the marks that keep them from being reused, and which results an environment, a
// code folder or an output has gone into.

import type { ResultReference } from "../../core/event.ts";
import type { Invalidation } from "../../core/invalidation.ts";
import type { MarkedResult, PreImagePart, ResultRow } from "../../ports/records.ts";
import type { Row } from "./driver.ts";
import { removalOf } from "./keeping.ts";
import { COLUMNS, JOIN, toResultRow } from "./results.ts";
import type { Session } from "./session.ts";

export function newestResult(session: Session, fingerprint: string): MarkedResult | null {
  const row = session.get(
    `select ${COLUMNS}, r.invalidated from result r indexed by result_fingerprint
     join event e on e.workspace=r.workspace and e.run=r.run and e.seq=r.seq
     where r.workspace=? and r.fingerprint=? order by r.created_at desc, r.seq desc limit 1`,
    session.workspace,
    fingerprint,
  );
  if (row === undefined) return null;
  const result = toResultRow(session, row);
  if (result === null) return null;
  return { row: result, invalidated: readMark(row), removed: removalOf(session, result) };
}

export function readMarks(
  session: Session,
  results: readonly ResultReference[],
): readonly (Invalidation | null)[] {
  return results.map(({ run, seq }) =>
    readMark(
      session.get(
        "select invalidated from result where workspace=? and run=? and seq=?",
        session.workspace,
        run,
        seq,
      ),
    ),
  );
}

export function writeMarks(
  session: Session,
  results: readonly ResultReference[],
  mark: Invalidation,
): void {
  for (const { run, seq } of results)
    session.run(
      `update result set invalidated=?
       where workspace=? and run=? and seq=? and invalidated is null`,
      JSON.stringify(mark),
      session.workspace,
      run,
      seq,
    );
}

/**
 * Part of a transaction: results of a run that was just imported take over the mark of an equal fingerprint, unless they were
 * made after it was set. They may be the very ones that were marked, and come back from where they were shared.
 */
export function takeOverMarks(session: Session, run: string): void {
  session.run(
    `update result set invalidated=(
       select marked.invalidated from result marked indexed by result_fingerprint
       where marked.workspace=result.workspace and marked.fingerprint=result.fingerprint
         and result.created_at<=max(json_extract(marked.invalidated, '$.at'), marked.created_at)
       order by marked.created_at limit 1)
     where workspace=? and run=?`,
    session.workspace,
    run,
  );
}

const SOURCES = {
  environment: "json_extract(p.body, '$.moment.environment')",
  code: "json_extract(p.body, '$.moment.code')",
  fingerprint: "r.fingerprint",
} as const;

/** Reads every pre-image there is: for a question that a person asks once. */
export function resultsWith(session: Session, part: PreImagePart): readonly ResultRow[] {
  const from = `${JOIN} join pre_image p on p.workspace=r.workspace and p.fingerprint=r.fingerprint`;
  const rows =
    part.kind === "contents"
      ? session.all(
          `select ${COLUMNS} from ${from} where r.workspace=? and exists(
             select 1 from json_each(p.body, '$.moment.contents') input
             where json_extract(input.value, '$[0]') in (select value from json_each(?)))
           order by r.created_at, r.run, r.seq`,
          session.workspace,
          JSON.stringify(part.ids),
        )
      : session.all(
          `select ${COLUMNS} from ${from}
           where r.workspace=? and substr(${SOURCES[part.kind]}, 1, length(?))=?
           order by r.created_at, r.run, r.seq`,
          session.workspace,
          part.id,
          part.id,
        );
  return rows.flatMap((row) => toResultRow(session, row) ?? []);
}

function readMark(row: Row | undefined): Invalidation | null {
  const text = row?.invalidated ?? null;
  return text === null ? null : (JSON.parse(String(text)) as Invalidation);
}
