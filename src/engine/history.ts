// The fingerprint with which a step of a pipeline last ran or was reused, from the newest runs backwards. Loads each
// earlier run once; knows nothing of why anything changed.

import type { RunEvent } from "../core/event.ts";
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

type Steps = ReadonlyMap<string, LastTime>;

export function createHistory(records: RecordStore, plans: PlanReader): History {
  const loaded = new Map<string, Promise<Steps>>();
  const lists = new Map<string, Promise<readonly RunRow[]>>();
  return {
    async latest(pipeline, path, exceptRun) {
      const key = JSON.stringify([pipeline, exceptRun]);
      const rows = await remember(lists, key, () => earlierRuns(records, pipeline, exceptRun));
      for (const row of rows) {
        const steps = await remember(loaded, row.name, () => readSteps(records, plans, row));
        const found = steps.get(path);
        if (found !== undefined) return found;
      }
      return null;
    },
  };
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
    ...(except === null ? {} : { before: { createdAt: except.createdAt, name: except.name } }),
  });
  return rows.filter((row) => row.name !== exceptRun);
}

async function readSteps(records: RecordStore, plans: PlanReader, row: RunRow): Promise<Steps> {
  const plan = await plans.plan(row.planId);
  const steps = new Map<string, LastTime>();
  if (plan === null) return steps;
  const paths = plan.graph.steps.map((step) => step.path);
  for (const event of await records.events(row.name, 0))
    for (const [step, fingerprint] of await fingerprintsIn(records, event))
      steps.set(paths[step] ?? "", { run: row.name, fingerprint, at: event.at });
  return steps;
}

async function fingerprintsIn(
  records: RecordStore,
  event: RunEvent,
): Promise<readonly (readonly [number, string])[]> {
  if (event.kind === "attempt_created") return [[event.step, event.fingerprint]];
  if (event.kind !== "steps_reused") return [];
  const found: [number, string][] = [];
  for (const group of event.from)
    for (const [position, step] of group.steps.entries()) {
      const row = await records.result(group.run, group.results[position] ?? 0);
      if (row !== null) found.push([step, row.fingerprint]);
    }
  return found;
}
