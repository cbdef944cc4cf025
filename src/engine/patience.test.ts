import { expect, it } from "vitest";
import type { AttemptEnd } from "../core/attempt.ts";
import type { Demand } from "../core/plan.ts";
import type { EngineState } from "./engine-state.ts";
import type { Message } from "./flight.ts";
import { mayWait } from "./patience.ts";
import { makeLookAhead, makeSlots } from "./slots.ts";

const ONE: Demand = { cpus: 1, memoryBytes: 0, gpus: 0 };
const TWO: Demand = { cpus: 2, memoryBytes: 0, gpus: 0 };

function ended(exitCode: number): Message {
  const end: AttemptEnd = {
    exitCode,
    signal: null,
    reason: "exited",
    detail: null,
    startedAt: 1,
    finishedAt: 21,
  };
  return { kind: "compute", report: { kind: "ended", attemptId: "a", end } };
}

/** An engine of two slots that has handed out `held` steps and has seen steps of `durationMs`. */
function engine(held: number, durationMs: number, inbox: readonly Message[]): EngineState {
  const slots = makeSlots({ capacity: TWO, pools: {}, named: [] });
  for (let k = 0; k < held; k += 1) slots.take(`a${k}`, { demand: ONE, pool: null });
  const lookAhead = makeLookAhead(TWO);
  lookAhead.seen(durationMs);
  return { runs: new Map(), slots, lookAhead, inbox: [...inbox] } as unknown as EngineState;
}

// Steps of 20 ms: five of each slot may be ahead, and no more are handed out while more than half of the ten are left.
it("waits for more ends while the compute has more in hand than it would be given", () => {
  expect(mayWait(engine(10, 20, []))).toBe(true);
  expect(mayWait(engine(10, 20, [ended(0), ended(0)]))).toBe(true);
  expect(mayWait(engine(10, 20, [ended(0), ended(0), ended(0)]))).toBe(false);
  expect(mayWait(engine(7, 20, []))).toBe(false);
});

it("waits with nothing that somebody waits for", () => {
  expect(mayWait(engine(12, 20, [ended(1)]))).toBe(false);
  const error = { code: "disk_full", message: "", hint: null };
  expect(mayWait(engine(12, 20, [{ kind: "not_prepared", attemptId: "a", error }]))).toBe(false);
});

it("never waits where steps are long: none of them is handed out ahead", () => {
  expect(mayWait(engine(2, 5_000, []))).toBe(false);
});
