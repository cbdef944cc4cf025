// Results by fingerprint: which step run made it, when, and whether its bytes were found damaged since.

import type { ResultReference, RunEvent } from "../../core/event.ts";
import type { PreImage } from "../../core/fingerprint.ts";
import { MOST_RESULTS, type ResultRow } from "../../ports/records.ts";
import { resultOfEvent } from "../../ports/result-of-event.ts";
import type { Row } from "./driver.ts";
import { asItLies, readEvent } from "./recorded-events.ts";
import type { Session } from "./session.ts";

type Completed = Extract<RunEvent, { kind: "step_completed" }>;

/** The event says the rest: values that are handed over one by one cost more than reading them in its text. */
export const COLUMNS = "r.run, r.seq, e.body";
export const JOIN = `result r join event e on e.workspace=r.workspace and e.run=r.run and e.seq=r.seq`;

/** Newest first. */
export function usableResults(
  session: Session,
  fingerprint: string,
  limit = MOST_RESULTS,
): ResultRow[] {
  return session
    .all(
      `select ${COLUMNS} from ${JOIN}
       where r.workspace=? and r.fingerprint=? and ${USABLE}
       order by r.created_at desc, r.seq desc limit ?`,
      session.workspace,
      fingerprint,
      limit,
    )
    .flatMap((row) => toResultRow(session, row) ?? []);
}

const USABLE = "r.damaged=0 and r.invalidated is null and r.removed=0";

export function newestUsable(
  session: Session,
  fingerprints: readonly string[],
): ReadonlyMap<string, ResultRow> {
  const found = new Map<string, ResultRow>();
  for (let at = 0; at < fingerprints.length; at += PART)
    for (const row of newestOf(session, fingerprints.slice(at, at + PART)))
      found.set(row.fingerprint, row);
  return found;
}

/** Rows with their texts are large: of 100,000 only so many are in memory beside what is made of them, and in one text. */
const PART = 250;

function newestOf(session: Session, fingerprints: readonly string[]): ResultRow[] {
  const [only] = fingerprints;
  if (fingerprints.length === 1) return usableResults(session, only as string, 1);
  // Left to itself the planner reads every result there is for each question. Beside max() stand columns of the row that has it.
  // All as one text: a thousand rows that are handed over one by one take longer than to be found.
  const found = session.get(
    `select group_concat('[' || json_quote(r.run) || ',' || r.seq || ',' || e.body || ']') as rows
       from (select r.run, r.seq, max(r.created_at)
             from json_each(?) wanted
             cross join result r indexed by result_fingerprint
               on r.workspace=? and r.fingerprint=wanted.value
             where ${USABLE} group by wanted.key) r
       cross join event e on e.workspace=? and e.run=r.run and e.seq=r.seq`,
    JSON.stringify(fingerprints),
    session.workspace,
    session.workspace,
  );
  const rows = together<[string, number, Completed]>(found);
  if (rows === null) return fingerprints.flatMap((one) => usableResults(session, one, 1));
  return rows.map(([run, seq, event]) =>
    resultOfEvent({ run, seq }, asItLies(session.folder, event)),
  );
}

/** Null: one of them is damaged, and with it the text of all. */
function together<Found>(row: Row | undefined): readonly Found[] | null {
  try {
    return JSON.parse(`[${row?.rows ?? ""}]`);
  } catch {
    return null;
  }
}

export function resultsAt(
  session: Session,
  references: readonly ResultReference[],
): readonly (ResultRow | null)[] {
  const found: (ResultRow | null)[] = references.map(() => null);
  for (let at = 0; at < references.length; at += PART)
    for (const [position, row] of partAt(session, references.slice(at, at + PART)))
      found[at + position] = row;
  return found;
}

type Placed = readonly [position: number, row: ResultRow];

/** All as one text, as with `newestOf`. */
function partAt(session: Session, references: readonly ResultReference[]): readonly Placed[] {
  const found = session.get(
    `select group_concat('[' || wanted.key || ',' || e.body || ']') as rows
       from json_each(?) wanted
       cross join result r on r.workspace=? and r.run=json_extract(wanted.value, '$[0]')
                          and r.seq=json_extract(wanted.value, '$[1]')
       cross join event e on e.workspace=r.workspace and e.run=r.run and e.seq=r.seq`,
    JSON.stringify(references.map(({ run, seq }) => [run, seq])),
    session.workspace,
  );
  const rows = together<[number, Completed]>(found);
  if (rows === null) return oneByOne(session, references);
  return rows.map(([position, event]) => {
    const reference = references[position] as ResultReference;
    return [position, resultOfEvent(reference, asItLies(session.folder, event))];
  });
}

function oneByOne(session: Session, references: readonly ResultReference[]): Placed[] {
  return references.flatMap(({ run, seq }, position) => {
    const row = session.get(
      `select ${COLUMNS} from ${JOIN} where r.workspace=? and r.run=? and r.seq=?`,
      session.workspace,
      run,
      seq,
    );
    const result = row === undefined ? null : toResultRow(session, row);
    return result === null ? [] : [[position, result] as const];
  });
}

export function fingerprintAt(session: Session, { run, seq }: ResultReference): string | null {
  const row = session.get(
    "select fingerprint from result where workspace=? and run=? and seq=?",
    session.workspace,
    run,
    seq,
  );
  return row === undefined ? null : String(row.fingerprint);
}

export function resultsOf(session: Session, run: string): readonly ResultRow[] {
  return session
    .all(
      `select ${COLUMNS} from ${JOIN} where r.workspace=? and r.run=? order by r.seq`,
      session.workspace,
      run,
    )
    .flatMap((row) => toResultRow(session, row) ?? []);
}

export function fingerprintsWithStaticId(session: Session, staticId: string): readonly string[] {
  return session
    .all(
      `select distinct fingerprint from result indexed by result_static
       where workspace=? and static_id=? and damaged=0 and invalidated is null and removed=0`,
      session.workspace,
      staticId,
    )
    .map((row) => String(row.fingerprint));
}

export function resultState(session: Session, fingerprint: string): "none" | "whole" | "damaged" {
  const row = session.get(
    `select count(*) as total, sum(damaged=0 and invalidated is null and removed=0) as whole
       from result
       indexed by result_fingerprint where workspace=? and fingerprint=?`,
    session.workspace,
    fingerprint,
  );
  if (Number(row?.total ?? 0) === 0) return "none";
  return Number(row?.whole ?? 0) > 0 ? "whole" : "damaged";
}

export function markDamaged(
  session: Session,
  marks: readonly { readonly run: string; readonly seq: number }[],
): void {
  for (const mark of marks)
    session.run(
      "update result set damaged=1 where workspace=? and run=? and seq=?",
      session.workspace,
      mark.run,
      mark.seq,
    );
}

export function putPreImages(
  session: Session,
  images: readonly { readonly fingerprint: string; readonly preImage: PreImage }[],
): void {
  for (const image of images)
    session.run(
      "insert or ignore into pre_image(workspace, fingerprint, body) values(?,?,?)",
      session.workspace,
      image.fingerprint,
      JSON.stringify(image.preImage),
    );
}

export function readPreImage(session: Session, fingerprint: string): PreImage | null {
  const row = session.get(
    "select body from pre_image where workspace=? and fingerprint=?",
    session.workspace,
    fingerprint,
  );
  return row === undefined ? null : (JSON.parse(String(row.body)) as PreImage);
}

/** Null where its event is damaged: then nobody knows what it was. */
export function toResultRow(session: Session, row: Row): ResultRow | null {
  const event = readEvent(session.folder, String(row.body));
  if (event?.kind !== "step_completed") return null;
  return resultOfEvent({ run: String(row.run), seq: Number(row.seq) }, event);
}
