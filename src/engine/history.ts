// The fingerprint with which a step of a pipeline last ran or was reused, from the newest runs backwards. Reads each event
// of an earlier run once, also of one that is still going on; knows nothing of why anything changed.

import { type ResultReference, type RunEvent, readable } from "../core/event.ts";
import type { RecordStore, RunRow } from "../ports/records.ts";
import type { PlanReader } from "./plan-reader.ts";

export interface LastTime {
  readonly run: string;
  readonly fingerprint: string;
  readonly at: number;
}

export interface History {
  /** The latest earlier time that `path` of `pipeline` got a fingerprint, not counting `exceptRun`. */
  latest(pipeline: string, path: string, exceptRun: string | null): Promise<LastTime | null>;
}

/** How many earlier runs are looked through for a step that the newest ones lack. */
const RUNS_BACK = 50;

interface Seen {
  readonly at: number;
  /** The fingerprint, or the result that it took over: that is read when it is asked for. */
  readonly what: string | ResultReference;
}

/** An earlier run, as far as it has come. */
interface Past {
  readonly paths: readonly string[];
  readonly steps: Map<string, Seen>;
  /** Number of the last event that was read. */
  seq: number;
  hasEnded: boolean;
}

export function createHistory(records: RecordStore, plans: PlanReader): History {
  const loaded = new Map<string, Promise<Past>>();
  const lists = new Map<string, Promise<readonly RunRow[]>>();
  return {
    async latest(pipeline, path, exceptRun) {
      const key = JSON.stringify([pipeline, exceptRun]);
      const rows = await remember(lists, key, () => earlierRuns(records, pipeline, exceptRun));
      for (const row of rows) {
        const past = await remember(loaded, row.name, () => begin(plans, row));
        if (!past.hasEnded) await catchUp(records, row.name, past);
        const { steps } = past;
        const seen = steps.get(path);
        if (seen === undefined) continue;
        const fingerprint = await fingerprintOf(records, seen.what);
        if (fingerprint === null) continue;
        steps.set(path, { at: seen.at, what: fingerprint });
        return { run: row.name, fingerprint, at: seen.at };
      }
      return null;
    },
  };
}

async function fingerprintOf(records: RecordStore, what: Seen["what"]): Promise<string | null> {
  return typeof what === "string" ? what : records.fingerprintAt(what);
}

function remember<T>(
  cache: Map<string, Promise<T>>,
  key: string,
  make: () => Promise<T>,
): Promise<T> {
  const known = cache.get(key) ?? make();
  cache.set(key, known);
  return known;
}

async function earlierRuns(
  records: RecordStore,
  pipeline: string,
  exceptRun: string | null,
): Promise<readonly RunRow[]> {
  const except = exceptRun === null ? null : await records.run(exceptRun);
  const rows = await records.runs({
    pipeline,
    limit: RUNS_BACK,
    ...(except === null ? {} : { before: { order: except.order, name: except.name } }),
  });
  return rows.filter((row) => row.name !== exceptRun);
}

async function begin(plans: PlanReader, { planId }: RunRow): Promise<Past> {
  const plan = await plans.plan(planId);
  const paths = plan?.graph.steps.map((step) => step.path) ?? [];
  return { paths, steps: new Map(), seq: 0, hasEnded: plan === null };
}

async function catchUp(records: RecordStore, run: string, past: Past): Promise<void> {
  const after = past.seq;
  const events = await records.events(run, after);
  past.seq = after + events.length;
  for (const event of readable(events)) {
    if (event.kind === "run_ended") past.hasEnded = true;
    for (const [step, what] of seenIn(event))
      past.steps.set(past.paths[step] ?? "", { at: event.at, what });
  }
}

function* seenIn(event: RunEvent): Iterable<readonly [step: number, what: Seen["what"]]> {
  if (event.kind === "attempt_created") yield [event.step, event.fingerprint];
  if (event.kind !== "steps_reused") return;
  for (const { run, steps, results } of event.from)
    for (const [position, step] of steps.entries())
      yield [step, { run, seq: results[position] ?? 0 }];
}
