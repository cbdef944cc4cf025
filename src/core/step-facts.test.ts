import { describe, expect, it } from "vitest";
import { planOf } from "../testing/planned-job.ts";
import type { ContentId } from "./content.ts";
import type { Plan } from "./plan.ts";
import { openPlan, planDocument } from "./plan-document.ts";
import { mustRun, preImageOf, stepFacts } from "./step-facts.ts";

describe("the facts of a step", () => {
  it("are complete when what it reads is made", () => {
    const plan = planOf();
    expect(stepFacts(plan, 1, () => null)).toBeNull();
    const record = {
      type: "uri_file",
      path: "/o/file.txt",
      kind: "file",
      id: "sha256:2" as ContentId,
      sizeBytes: 1,
      files: 1,
      seal: "",
    } as const;
    expect(stepFacts(plan, 1, () => record)?.moment.contents).toEqual({
      x: ["sha256:2", "file.txt"],
    });
    const same = {
      rule: JSON.stringify({ mlflow: false, ignore: [] }),
      id: "sha256:3" as ContentId,
    };
    expect(stepFacts(plan, 1, () => ({ ...record, same }))?.moment.contents).toEqual({
      x: ["sha256:2", "file.txt"],
    });
    const folder = stepFacts(plan, 1, () => ({ ...record, kind: "folder" }));
    expect(folder?.moment.contents).toEqual({ x: ["sha256:2", null] });
    expect(Object.entries(stepFacts(plan, 0, () => null)?.moment.contents ?? {})).toEqual([
      ["__proto__", ["sha256:1", "in.txt"]],
    ]);
  });

  it.each<[string, string, Partial<Plan["options"]>, string | null]>([
    ["nothing", "{command: ls}", {}, null],
    ["--force", "{command: ls}", { force: "all" }, "forced by --force"],
    ["--force=c", "{command: ls}", { force: ["c"] }, "forced by --force"],
    ["--force of another", "{command: ls}", { force: ["a"] }, null],
    ["is_deterministic", "{command: ls, is_deterministic: false}", {}, "is_deterministic is false"],
    ["reuse: never", "{command: ls, properties: {stepwell.reuse: never}}", {}, "reuse is never"],
    [
      "the run's name",
      '{command: "echo ${{name}}"}',
      {},
      "its command uses ${{name}}, which is new in each run",
    ],
  ])("%s: must it run?", (_, node, options, detail) => {
    const plan = planOf(`type: pipeline\njobs:\n  c: ${node}\n`, options);
    expect(mustRun(plan, 0)?.detail ?? null).toBe(detail);
  });

  it("count what counts as the same where the output's definition says so", () => {
    const plan = planOf(`
type: pipeline
jobs:
  a: {command: "ls > \${{outputs.o}}/f", outputs: {o: {type: uri_folder, same: {ignore: ["*.log"]}}}}
  b: {command: "ls \${{inputs.x}}", inputs: {x: "\${{parent.jobs.a.outputs.o}}"}}
`);
    const record = {
      type: "uri_folder",
      path: "/o",
      kind: "folder",
      id: "sha256:2" as ContentId,
      sizeBytes: 1,
      files: 1,
      seal: "",
    } as const;
    const rule = JSON.stringify({ mlflow: false, ignore: ["*.log"] });
    const read = (same: { rule: string; id: ContentId }) =>
      stepFacts(plan, 1, () => ({ ...record, same }))?.moment.contents.x?.[0];
    expect(read({ rule, id: "sha256:3" as ContentId })).toBe("sha256:3");
    expect(read({ rule: "wider", id: "sha256:3" as ContentId })).toBe("sha256:2");
  });

  it("are not complete where data was out of reach when the plan was looked at", () => {
    const plan = planOf();
    const steps = plan.steps.map((step) => ({ ...step, data: {} }));
    expect(stepFacts({ ...plan, steps }, 0, () => null)).toBeNull();
  });

  it("hold the code, and the date that the workspace sets for outputs", () => {
    const plan = planOf("type: pipeline\njobs: {c: {command: ls}}\n");
    const code = { id: "code1", snapshotId: "sha256:9" as ContentId, parts: {} };
    const steps = plan.steps.map((step) => ({ ...step, code: 0 }));
    const dated = { ...plan.options, sourceDateEpoch: 7 };
    const facts = stepFacts(
      { ...plan, codes: [code as never], steps, options: dated },
      0,
      () => null,
    );
    expect(facts?.moment).toMatchObject({ code: "code1", sourceDateEpoch: 7 });
    const gone = stepFacts({ ...plan, steps }, 0, () => null);
    expect(gone?.moment).toMatchObject({ code: null });
    expect(gone?.moment).not.toHaveProperty("sourceDateEpoch");
    expect(facts?.staticId).not.toBe(gone?.staticId);
    expect(preImageOf(plan, 0, gone as never).moment).toBe(gone?.moment);
  });

  it("settings.force_rerun makes every step run", () => {
    const plan = planOf(
      "type: pipeline\nsettings: {force_rerun: true}\njobs: {c: {command: ls}}\n",
    );
    expect(mustRun(plan, 0)?.kind).toBe("never_reused");
  });
});

describe("a plan's document", () => {
  it("gives the plan back, whatever its inputs are called", () => {
    const plan = planOf();
    for (const data of Object.values(plan.steps[0]?.data ?? {}))
      Object.assign(data, {
        remote: { reference: { kind: "url", url: "s3://b/k" }, version: "v", direct: true },
      });
    const document = planDocument(plan);
    const opened = openPlan(document.body);
    expect(opened.graph).toBe(document.graph.id);
    const read = opened.read(document.graph.body);
    expect(Object.entries(read.steps[0]?.data ?? {})).toEqual(
      Object.entries(plan.steps[0]?.data ?? {}),
    );
    expect(read.graph).toEqual(plan.graph);
    expect(planDocument(read).id).toBe(document.id);
  });
});
