// Somebody who removes outputs while engines work, as `gc` does: the mark in the record, then the bytes, at any moment, and now
// and then just between the look-up of a result and the commit that takes it over.

import type { RunEvent } from "../../core/event.ts";
import type { OutputRecord } from "../../core/output.ts";
import type { CommitBatch, RecordStore } from "../../ports/records.ts";
import { faultsAllowed, type World } from "./world.ts";

/** Removes one output, when chance wills it. */
export async function removeSomething(world: World, records: RecordStore): Promise<void> {
  if (!faultsAllowed(world) || !world.chance.happens(world.scenario.remove)) return;
  const rows = await Promise.all(
    (await records.runs({ limit: 100 })).map((run) => records.resultsOf(run.name)),
  );
  const there = rows.flat().filter((row) => world.captured.has(pathOf(row.result.outputs) ?? ""));
  if (there.length === 0) return;
  const row = world.chance.pick(there);
  const path = pathOf(row.result.outputs) as string;
  if (world.plant === "remove-unmarked") {
    take(world, path);
    return;
  }
  const mark = { at: world.now, by: "simulated", reason: "simulated" };
  const results = [{ run: row.run, seq: row.seq, sizeBytes: 1 }];
  const moment = await records.moment();
  const outcome = await records.markRemoved({ results, mark, moment, forget: null });
  if (outcome.kind === "changed" || outcome.results.length === 0) return;
  world.removed.add(path);
  const finish = (): void => {
    take(world, path);
    void records.confirmRemoved(outcome.results, world.now);
  };
  // A crash leaves the mark, and the bytes for the next time.
  if (world.chance.happens(0.5)) finish();
  else world.later(world.chance.whole(1, 60), finish);
}

function take(world: World, path: string): void {
  world.faults += 1;
  world.captured.delete(path);
  world.removed.add(path);
}

function pathOf(outputs: Readonly<Record<string, OutputRecord>>): string | undefined {
  return outputs.out?.path;
}

/** I14: nothing that was removed is taken over. */
export async function checkTakenOver(
  world: World,
  records: RecordStore,
  batch: CommitBatch,
): Promise<void> {
  for (const { run, events } of batch.updates)
    for (const event of events)
      if (event.kind === "steps_reused")
        for (const path of await removedIn(world, records, event))
          world.break_("I14", `${run} took over what was removed: ${path}`);
}

async function removedIn(
  world: World,
  records: RecordStore,
  event: Extract<RunEvent, { kind: "steps_reused" }>,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { run, results } of event.from)
    for (const seq of results) {
      const path = pathOf((await records.resultsAt([{ run, seq }]))[0]?.result.outputs ?? {});
      const [mark] = await records.removals([{ run, seq }]);
      if (path !== undefined && (mark !== null || world.removed.has(path))) found.push(path);
    }
  return found;
}

/** I14: nothing that was removed is read. */
export function checkRead(world: World, record: OutputRecord | null): void {
  if (record !== null && world.removed.has(record.path))
    world.break_("I14", `a step reads what was removed: ${record.path}`);
}
