import { expect, it } from "vitest";
import type { StepView } from "../operations/recorded/run-view.ts";
import { shownSteps } from "./shown-steps.ts";

const MOST = 200;

function step(name: string, status: string, decision = "none"): StepView {
  return { name, status, reuse: { decision, from: null, reason: null } } as StepView;
}

const reused = (count: number): StepView[] =>
  Array.from({ length: count }, (_, at) => step(`s${at}`, "Completed", "reused"));

it("shows every step of a run that is not large", () => {
  const steps = reused(MOST);
  expect(shownSteps(steps, MOST)).toBe(steps);
});

it("shows of many what failed, was cancelled, goes on, ran and was skipped before what was reused, in their order", () => {
  const last = [
    step("skipped", "Skipped"),
    step("ran", "Completed", "ran"),
    step("running", "Running", "ran"),
    step("canceled", "Canceled"),
    step("failed", "Failed", "ran"),
  ];
  const shown = shownSteps([...reused(10_000), ...last], MOST);
  expect(shown).toHaveLength(MOST);
  expect(shown.slice(-5)).toEqual(last);
  expect(shown[0]?.name).toBe("s0");
  const skipped = Array.from({ length: 10_000 }, (_, at) => step(`k${at}`, "Skipped"));
  expect(shownSteps([...skipped, ...last], MOST).slice(-4)).toEqual(last.slice(1));
});
