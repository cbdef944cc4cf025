import { describe, expect, it } from "vitest";
import type { RunForecast, StepForecast } from "../operations/plans/plan-run.ts";
import { planMarkdown } from "./plan-markdown.ts";

function forecastOf(...steps: readonly Partial<StepForecast>[]): RunForecast {
  const whole = steps.map(
    (step): StepForecast => ({
      name: "train",
      decision: "run",
      reason: { kind: "never_ran", detail: "never ran" },
      from: null,
      forecastS: null,
      warnings: [],
      ...step,
    }),
  );
  const counts = { run: 0, reuse: 0, depends: 0, skip: 0 };
  for (const { decision } of whole) counts[decision] += 1;
  return { steps: whole, counts, notes: [] };
}

describe("a plan as Markdown", () => {
  it("opens with what it comes to, and names first what runs", () => {
    const text = planMarkdown({
      file: "pipeline.yml",
      forecast: forecastOf({ name: "prep", decision: "reuse" }, { forecastS: 14 }),
    });
    expect(text).toMatch(/\*\*1 to run, 1 to reuse; about 14.* of work\*\*/);
    expect(text.indexOf("| run | train |")).toBeLessThan(text.indexOf("| reuse | prep |"));
  });

  it("takes nothing of a name or reason for Markdown or HTML", () => {
    const detail = "a | b\n<img src=x> [x](http://y) `code` @team";
    const text = planMarkdown({
      file: "p.yml",
      forecast: forecastOf({ reason: { kind: "never_ran", detail }, warnings: ["**w**"] }),
    });
    expect(text).toContain("a \\| b &lt;img src=x&gt; \\[x\\]\\(http://y\\) \\`code\\` \\@team");
    expect(text).toContain("- \\*\\*w\\*\\*");
  });

  it("stays short for many steps", () => {
    const steps = Array.from({ length: 500 }, (_, index) => ({ name: `s${index}` }));
    const text = planMarkdown({ file: "p.yml", forecast: forecastOf(...steps) });
    expect(text.split("\n").length).toBeLessThan(120);
    expect(text).toContain("and 400 more");
  });
});
