import { describe, expect, it } from "vitest";
import type { OutputRecord } from "../../core/output.ts";
import type { PlannedStep } from "../../core/plan.ts";
import { stepFacts } from "../../core/step-facts.ts";
import type { ResultRow } from "../../ports/records.ts";
import { planOf } from "../../testing/planned-job.ts";
import { resultsAhead } from "./results-ahead.ts";

/** Records that have a result for everything but what `lacks` names; with what was asked for. */
function recordsOf(lacks: readonly string[] = []) {
  const asked: number[] = [];
  const newestUsable = async (fingerprints: readonly string[]) => {
    asked.push(fingerprints.length);
    const there = fingerprints.filter((one) => !lacks.includes(one));
    return new Map(there.map((fingerprint) => [fingerprint, { fingerprint } as ResultRow]));
  };
  return { asked, newestUsable };
}

const jobsOf = (lines: readonly string[]): string => `type: pipeline\njobs:\n${lines.join("\n")}\n`;

const made = (name: string): OutputRecord => ({
  type: "uri_file",
  path: `/o/${name}`,
  kind: "file",
  id: `sha256:${name}` as OutputRecord["id"],
  sizeBytes: 1,
  files: 1,
  seal: "",
});

/** Asks for every step in turn; each one's outputs are known once it was asked for. */
async function askAll(job: string, records: ReturnType<typeof recordsOf>) {
  const written = planOf(job);
  const steps = written.graph.steps.map((step, index) => ({
    ...(written.steps[index] as PlannedStep),
    nodeId: step.command ?? "",
  }));
  const plan = { ...written, steps };
  const done = new Set<string>();
  const lookup = (step: string) => (done.has(step) ? made(step) : null);
  const ahead = resultsAhead(records, plan, lookup);
  const fingerprints: (string | null)[] = [];
  for (const [index, { path }] of plan.graph.steps.entries()) {
    const ready = await ahead(index);
    expect(ready?.facts).toEqual(stepFacts(plan, index, lookup) ?? undefined);
    fingerprints.push(ready === null ? null : (ready.newest?.fingerprint ?? "none"));
    done.add(path);
  }
  return fingerprints;
}

describe("results that are looked up ahead", () => {
  it("take one question for many steps that wait for nothing", async () => {
    const records = recordsOf();
    const steps = Array.from({ length: 600 }, (_, at) => `  s${at}: {command: echo ${at}}`);
    const found = await askAll(jobsOf(steps), records);
    expect(new Set(found).size).toBe(600);
    expect(records.asked).toEqual([250, 250, 100]);
  });

  it("pass over the few that wait for others in between", async () => {
    const records = recordsOf();
    const steps = Array.from({ length: 20 }, (_, at) => [
      `  a${at}: {command: "echo ${at} > \${{outputs.o}}", outputs: {o: {type: uri_file}}}`,
      `  b${at}: {command: "cat \${{inputs.i}}", inputs: {i: "\${{parent.jobs.a${at}.outputs.o}}"}}`,
    ]);
    await askAll(jobsOf(steps.flat()), records);
    // Of those that read what is made here, each is known only when its turn has come.
    expect(records.asked.length).toBe(21);
  });

  it("take one question for each step of a chain", async () => {
    const records = recordsOf();
    const steps = Array.from({ length: 20 }, (_, at) => {
      const inputs = at === 0 ? "" : `inputs: {i: "\${{parent.jobs.s${at - 1}.outputs.o}}"}, `;
      return `  s${at}: {command: "echo ${at} > \${{outputs.o}}", ${inputs}outputs: {o: {type: uri_file}}}`;
    });
    await askAll(jobsOf(steps), records);
    expect(records.asked).toEqual(Array.from({ length: 20 }, () => 1));
  });

  it("ask once for equal work, and not for what must run", async () => {
    const records = recordsOf();
    const steps = ["  a: {command: ls}", "  b: {command: ls}"];
    await askAll(jobsOf([...steps, "  c: {command: pwd, is_deterministic: false}"]), records);
    // What must run is asked for by itself where somebody asks.
    expect(records.asked).toEqual([1, 1]);
  });

  it("say where there is none, and where what a step reads is not known", async () => {
    const job = jobsOf([
      '  a: {command: "echo > ${{outputs.o}}", outputs: {o: {type: uri_file}}}',
      '  b: {command: "cat ${{inputs.i}}", inputs: {i: "${{parent.jobs.a.outputs.o}}"}}',
    ]);
    const plan = planOf(job);
    const lacking = stepFacts(plan, 0, () => null)?.fingerprint ?? "";
    const ahead = resultsAhead(recordsOf([lacking]), plan, () => null);
    expect(await ahead(0)).toMatchObject({ newest: null });
    expect(await ahead(1)).toBeNull();
  });
});
