import { describe, expect, it } from "vitest";
import { isEvent, type RunEvent, readable } from "./event.ts";

const STARTED: RunEvent = { kind: "run_started", at: 1 };
const FAILED = {
  kind: "step_failed",
  at: 1,
  step: 0,
  error: { code: "c", message: "m", hint: null },
};

describe("a recorded value", () => {
  it.each([STARTED, FAILED, { kind: "steps_skipped", at: 1, steps: [0] }])(
    "is an event with all that it cannot be folded without: %o",
    (value) => expect(isEvent(value)).toBe(true),
  );

  it.each([
    null,
    5,
    "run_started",
    [],
    {},
    { kind: "run_started" },
    { kind: "of a newer version", at: 1 },
    { kind: "toString", at: 1 },
    { ...FAILED, step: "0" },
    { ...FAILED, error: null },
    { kind: "steps_skipped", at: 1 },
  ])("is none where it was altered: %o", (value) => expect(isEvent(value)).toBe(false));
});

it("of recorded events those are left that can be read", () => {
  const all = [STARTED, STARTED];
  expect(readable(all)).toBe(all);
  expect(readable([STARTED, null])).toEqual([STARTED]);
});
