import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NODES, planOf } from "../testing/planned-job.ts";
import { advance } from "./advance.ts";
import type { AttemptEnd } from "./attempt.ts";
import type { RunEvent } from "./event.ts";
import type { Plan } from "./plan.ts";
import { initialState, liveAttempt, type RunState, wire } from "./run-state.ts";
import { isEndedRun, isEndedStep } from "./status.ts";

/** Folds events and all that follows from them, as the engine does; `log`: all of them, in order. */
function played(plan: Plan, events: readonly RunEvent[], log: RunEvent[] = []): RunState {
  const wiring = wire(plan);
  const state = initialState("r", wiring);
  for (const event of events) {
    const open: RunEvent[] = [event];
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      log.push(next);
      open.push(...advance(plan, wiring, state, next));
    }
  }
  return state;
}

const END: AttemptEnd = {
  exitCode: 0,
  signal: null,
  reason: "exited",
  detail: null,
  startedAt: 1,
  finishedAt: 2,
};
const START: RunEvent = { kind: "run_started", at: 1 };
const error = { code: "x", message: "m", hint: null };
const attempt = (step: number, number = 1): RunEvent => ({
  kind: "attempt_created",
  at: 1,
  step,
  number,
  attemptId: `${step}-${number}`,
  fingerprint: "f",
  epoch: 1,
  bootId: "boot",
  reason: { kind: "never_ran", detail: "" },
  shared: true,
  adoptedFrom: null,
});
const ended = (step: number, retryAt: number | null = null): RunEvent => ({
  kind: "attempt_ended",
  at: 2,
  step,
  end: END,
  retryAt,
});
const result = { outputs: {}, metrics: {}, loggedParameters: {}, artifacts: null, warnings: [] };
const completed = (step: number): RunEvent => ({
  kind: "step_completed",
  at: 3,
  step,
  path: "",
  fingerprint: "f",
  staticId: "s",
  durationMs: 1,
  result,
});
const failed = (step: number): RunEvent => ({ kind: "step_failed", at: 3, step, error });
const cancel: RunEvent = { kind: "cancel_requested", at: 4, by: "ann" };
const states = (state: RunState) => state.steps.map((step) => step.status);

const NESTED = `
type: pipeline
jobs:
  deep:
    type: pipeline
    jobs:
      inner:
        type: pipeline
        jobs:
          one: {command: ls}
      two: {command: ls}
  after: {command: ls, properties: {stepwell.depends_on: deep}}
  last: {command: ls, properties: {stepwell.depends_on: after}}
`;

describe("advance", () => {
  it("waits for all of a pipeline, at any depth, where a step waits for it", () => {
    const plan = planOf(NESTED);
    const at = (path: string): number => plan.graph.steps.findIndex((step) => step.path === path);
    const [one, two, after, last] = ["deep.inner.one", "deep.two", "after", "last"].map(at) as [
      number,
      number,
      number,
      number,
    ];
    expect(played(plan, [START]).ready.toSorted()).toEqual([one, two].toSorted());
    expect(played(plan, [START, completed(one)]).steps[after]?.status).toBe("NotStarted");
    const both = played(plan, [START, completed(one), completed(two)]);
    expect(both.steps[after]?.status).toBe("Queued");
    expect(both.steps[last]?.status).toBe("NotStarted");
  });

  it("notes when an attempt last saved something, as long as it runs", () => {
    const saved: RunEvent = { kind: "attempt_continues", at: 5, step: 0, writtenAt: 4 };
    const running = played(planOf(), [START, attempt(0), saved]);
    expect(running.steps[0]?.attempts[0]).toMatchObject({ checkpointAt: 4 });
    const over = played(planOf(), [START, attempt(0), ended(0), saved]);
    expect(over.steps[0]?.attempts[0]).not.toMatchObject({ checkpointAt: 4 });
  });

  it("makes a step ready again whose attempt ended with the machine, and counts nothing of it", () => {
    const lost: RunEvent = { kind: "attempt_discarded", at: 9, step: 0 };
    const running = played(planOf(), [START, attempt(0), lost]);
    const finalizing = played(planOf(), [START, attempt(0), ended(0), lost]);
    for (const state of [running, finalizing]) {
      expect(state.steps[0]?.status).toBe("Queued");
      expect(state.ready.at(-1)).toBe(0);
      expect(state.steps[0]?.attempts[0]?.end).toMatchObject({ reason: "lost", startedAt: null });
    }
    expect(played(planOf(), [START, lost]).steps[0]?.attempts).toEqual([]);
  });

  it("drops a step that is ready again in a run that starts nothing more", () => {
    const lost: RunEvent = { kind: "attempt_discarded", at: 9, step: 0 };
    const cancelled = played(planOf(), [START, attempt(0), cancel, lost]);
    expect([states(cancelled)[0], cancelled.status]).toEqual(["Canceled", "Canceled"]);
    const stopped = played(planOf(), [START, attempt(0), failed(2), lost]);
    expect([states(stopped)[0], stopped.status]).toEqual(["Skipped", "Failed"]);
  });

  it("fails, of a run that a failure has stopped, what waits for its next attempt, and skips what never began", () => {
    const bad: AttemptEnd = { ...END, exitCode: 3 };
    const waits: RunEvent = { kind: "attempt_ended", at: 2, step: 0, end: bad, retryAt: 9 };
    const stopped = played(planOf(), [START, attempt(0), waits, failed(2)]);
    expect([states(stopped)[0], stopped.status]).toEqual(["Failed", "Failed"]);
    expect(stopped.steps[0]?.error?.message).toContain("ended with exit code 3");
    const none: AttemptEnd = { ...bad, reason: "lost", exitCode: null, startedAt: null };
    const again: RunEvent = { kind: "attempt_ended", at: 2, step: 0, end: none, retryAt: 9 };
    const unbegun = played(planOf(), [START, attempt(0), again, failed(2)]);
    expect(states(unbegun)[0]).toBe("Skipped");
  });

  it("fails what has failed before, where its next attempt was lost with the machine", () => {
    const bad: AttemptEnd = { ...END, exitCode: 3 };
    const waits: RunEvent = { kind: "attempt_ended", at: 2, step: 0, end: bad, retryAt: 9 };
    const lost: RunEvent = { kind: "attempt_discarded", at: 9, step: 0 };
    const again = [START, attempt(0), waits, attempt(0)];
    for (const events of [
      [...again, lost, failed(2)],
      [...again, failed(2), lost],
    ]) {
      const stopped = played(planOf(), events);
      expect([states(stopped)[0], stopped.status]).toEqual(["Failed", "Failed"]);
      expect(stopped.steps[0]?.error?.message).toContain("ended with exit code 3");
    }
  });

  it("tells each of those that wait for their next attempt once", () => {
    const nodes = ["a", "b", "c", "d", "e"].map((name) => `  ${name}: {command: ls ${name}}\n`);
    const plan = planOf(`type: pipeline\njobs:\n${nodes.join("")}`);
    const bad: AttemptEnd = { ...END, exitCode: 3 };
    const waits = (step: number): RunEvent[] => [
      attempt(step),
      { kind: "attempt_ended", at: 2, step, end: bad, retryAt: 9 },
    ];
    const log: RunEvent[] = [];
    const stopped = played(plan, [START, ...waits(0), ...waits(1), ...waits(2), failed(3)], log);
    expect(states(stopped)).toEqual(["Failed", "Failed", "Failed", "Failed", "Skipped"]);
    const told = log.flatMap((event) => (event.kind === "step_failed" ? [event.step] : []));
    expect(told.toSorted()).toEqual([0, 1, 2, 3]);
    const why = "it was not tried again, because step d failed and stopped the run";
    expect(stopped.steps.slice(0, 3).map((step) => step.error?.hint)).toEqual([why, why, why]);
    expect(log.filter(({ kind }) => kind === "steps_skipped")).toHaveLength(1);
  });

  it("says what is known of an exit code before why there is no next attempt", () => {
    const bad: AttemptEnd = { ...END, exitCode: 127 };
    const waits: RunEvent = { kind: "attempt_ended", at: 2, step: 0, end: bad, retryAt: 9 };
    const stopped = played(planOf(), [START, attempt(0), waits, failed(2)]);
    expect(stopped.steps[0]?.error?.hint).toMatch(/was not found: .*; it was not tried again/);
  });

  it("makes steps ready when what they read has ended well, and ends the run", () => {
    const middle = played(planOf(), [START, completed(0)]);
    expect([states(middle), middle.ready]).toEqual([
      ["Completed", "Queued", "Queued"],
      [0, 2, 1],
    ]);
    const all = played(planOf(), [START, completed(0), completed(1), completed(2)]);
    expect([all.status, all.open]).toEqual(["Completed", 0]);
  });

  it("a failure skips all that has not begun; with continue_on_step_failure only what reads of it", () => {
    expect(states(played(planOf(), [START, failed(0)]))).toEqual(["Failed", "Skipped", "Skipped"]);
    const going = `${NODES}settings: {continue_on_step_failure: true}\n`;
    const state = played(planOf(going), [START, failed(0)]);
    expect(states(state)).toEqual(["Failed", "Skipped", "Queued"]);
    expect(played(planOf(going), [START, failed(0), completed(2)])).toMatchObject({
      status: "Failed",
      error,
    });
  });

  it("a cancel ends what does not run; what runs ends by itself", () => {
    const state = played(planOf(), [START, attempt(0), cancel]);
    expect([states(state), state.status]).toEqual([
      ["Preparing", "Canceled", "Canceled"],
      "Canceling",
    ]);
    const over = played(planOf(), [START, attempt(0), cancel, ended(0, 9)]);
    expect([states(over)[0], over.status]).toEqual(["Canceled", "Canceled"]);
  });

  it("--until skips what is not needed, and a run of nothing ends at once", () => {
    expect(states(played(planOf(NODES, { skip: ["c"] }), [START]))).toEqual([
      "Queued",
      "NotStarted",
      "Skipped",
    ]);
    expect(played(planOf(NODES, { skip: ["a", "b", "c"] }), [START]).status).toBe("Completed");
  });

  it("a retry waits, and a problem beside the steps fails the run", () => {
    const retry = played(planOf(), [START, attempt(0), ended(0, 9)]);
    expect([retry.steps[0]?.status, [...retry.retrying]]).toEqual(["Queued", [0]]);
    expect(liveAttempt(played(planOf(), [START, attempt(0)]).steps[0] as never)?.number).toBe(1);
    const problem: RunEvent = { kind: "run_problem", at: 2, error };
    const run = played(planOf(), [
      START,
      problem,
      problem,
      completed(0),
      completed(1),
      completed(2),
    ]);
    expect([run.status, run.error]).toEqual(["Failed", error]);
  });

  it("waits for another run's work, and decides anew when that fails", () => {
    const attach: RunEvent = {
      kind: "step_attached",
      at: 1,
      step: 0,
      fingerprint: "f",
      run: "x",
      path: "y",
    };
    const detach: RunEvent = { kind: "step_detached", at: 2, step: 0 };
    expect([...played(planOf(), [START, attach]).attached.keys()]).toEqual([0]);
    expect(played(planOf(), [START, attach, detach, detach]).ready).toEqual([0, 2, 0]);
    const from = [
      { run: "x", reason: { kind: "in_flight", detail: "" } as const, steps: [0], results: [7] },
    ];
    const taken = played(planOf(), [START, attach, { kind: "steps_reused", at: 3, from }]);
    expect(taken.steps[0]).toMatchObject({ decision: "attached", result: { run: "x", seq: 7 } });
  });

  it("whatever arrives, and however late: ends stay, a second start changes nothing", () => {
    const step = fc.integer({ min: 0, max: 2 });
    const event = fc.oneof(
      fc.constant(START),
      fc.constant(cancel),
      step.map((at) => attempt(at)),
      step.map(
        (at): RunEvent => ({
          kind: "attempt_started",
          at: 1,
          step: at,
          process: { bootId: "b", pid: 1, startTime: "1" },
        }),
      ),
      step.map((at) => ended(at)),
      step.map((at) => ended(at, 9)),
      step.map(completed),
      step.map(failed),
      step.map((at): RunEvent => ({ kind: "step_detached", at: 1, step: at })),
      fc.constant<RunEvent>({ kind: "warned", at: 1, message: "w" }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 25 }), (events) => {
        const plan = planOf();
        const wiring = wire(plan);
        const state = initialState("r", wiring);
        for (const one of events) {
          const before = states(state);
          const wasOver = state.endedAt !== null;
          const open: RunEvent[] = [one];
          for (let next = open.shift(); next !== undefined; next = open.shift())
            open.push(...advance(plan, wiring, state, next));
          for (const [index, status] of before.entries())
            if (isEndedStep(status)) expect(state.steps[index]?.status).toBe(status);
          if (wasOver) expect(states(state)).toEqual(before);
          const left = state.steps.filter((each) => !isEndedStep(each.status)).length;
          expect(state.open).toBe(left);
          if (state.endedAt !== null) expect([left, isEndedRun(state.status)]).toEqual([0, true]);
        }
      }),
      { numRuns: 500 },
    );
  });
});
