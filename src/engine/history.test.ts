import { expect, it } from "vitest";
import type { RunEvent } from "../core/event.ts";
import type { Plan } from "../core/plan.ts";
import type { RecordStore, RunRow } from "../ports/records.ts";
import { createHistory } from "./history.ts";

const row = { name: "before", planId: "plan" } as RunRow;
const plan = { graph: { steps: [{ path: "prep" }, { path: "train" }] } } as unknown as Plan;

it("knows of an earlier run that goes on what it has done since it was looked at first, and reads no event twice", async () => {
  const events: RunEvent[] = [];
  const asked: number[] = [];
  const records = {
    run: async () => null,
    runs: async () => [row],
    events: async (_run: string, after: number) => {
      asked.push(after);
      return events.slice(after);
    },
  } as unknown as RecordStore;
  const created = (step: number): RunEvent =>
    ({ kind: "attempt_created", at: step, step, fingerprint: `f${step}` }) as RunEvent;
  const { latest } = createHistory(records, { plan: async () => plan, remember: () => {} });
  events.push(created(0));
  expect(await latest("p", "prep", "now")).toEqual({ run: "before", fingerprint: "f0", at: 0 });
  expect(await latest("p", "train", "now")).toBeNull();
  events.push(created(1), { kind: "run_ended" } as RunEvent);
  expect(await latest("p", "train", "now")).toEqual({ run: "before", fingerprint: "f1", at: 1 });
  await latest("p", "prep", "now");
  expect(asked).toEqual([0, 1, 1]);
});
