// Runs one example and compares what is recorded with what the case expects.

import fs from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import type { RunView, StepView } from "../../operations/recorded/run-view.ts";
import type { Case } from "./case.ts";
import type { ExampleWorkspace } from "./make-workspace.ts";

export function checkExpectations(one: Case, workspace: ExampleWorkspace, file: string): void {
  const run = submit(workspace, file);
  const wanted = one.expect;
  expect(run.status, describeFailure(run)).toBe(wanted.status ?? "Completed");
  for (const [name, status] of Object.entries(wanted.nodes ?? {}))
    expect(step(run, name).status).toBe(status);
  for (const [name, text] of Object.entries(wanted.log ?? {}))
    expect(log(run, name)).toContain(text);
  for (const [name, text] of Object.entries(wanted.log_contains ?? {}))
    expect(log(run, name)).toContain(text);
  for (const [before, after] of wanted.order ?? [])
    expect(started(step(run, before))).toBeLessThanOrEqual(started(step(run, after)));
  checkFiles(one, workspace, run);
  checkNumbers(one, run);
  if (wanted.reuse_on_resubmit !== undefined) checkReuse(one, workspace, file);
}

function submit(workspace: ExampleWorkspace, file: string): RunView {
  const done = workspace.cli("run", file, "--json");
  if (!done.stdout.startsWith("{")) throw new Error(`exit ${done.code}: ${done.stderr}`);
  const answer = JSON.parse(done.stdout);
  if (answer.problems !== undefined) throw new Error(done.stderr);
  return answer as RunView;
}

function describeFailure(run: RunView): string {
  return run.steps
    .flatMap((one) =>
      one.error === null ? [] : [`${one.name}: ${one.error.message}`, ...one.error.logTail],
    )
    .join("\n");
}

function step(run: RunView, name: string): StepView {
  const found = run.steps.find((one) => one.name === name);
  if (found === undefined)
    throw new Error(`no step ${name} in ${run.steps.map((one) => one.name)}`);
  return found;
}

function log(run: RunView, name: string): string {
  return fs.readFileSync(step(run, name).log ?? "", "utf8");
}

function started(one: StepView): number {
  return Date.parse(one.attempts.at(-1)?.started ?? "");
}

function checkFiles(one: Case, workspace: ExampleWorkspace, run: RunView): void {
  const { file, file_exists, datastore_file, content, outputs_nonempty } = one.expect;
  const at = (name: string): string => {
    const [port = "", ...rest] = name.split("/");
    const dot = port.lastIndexOf(".");
    return path.join(
      step(run, port.slice(0, dot)).outputs[port.slice(dot + 1)]?.path ?? "",
      ...rest,
    );
  };
  for (const [name, text] of Object.entries(file ?? {}))
    expect(fs.readFileSync(at(name), "utf8")).toBe(text);
  for (const name of file_exists ?? []) expect(fs.existsSync(at(name)), name).toBe(true);
  if (datastore_file !== undefined) {
    const inside = datastore_file.split(":")[1]?.replace("${{name}}", run.name) ?? "";
    expect(fs.readFileSync(path.join(workspace.store, inside), "utf8")).toBe(content);
  }
  for (const name of outputs_nonempty ?? []) {
    const folder = run.outputs[name]?.path ?? "";
    const full =
      fs.existsSync(folder) &&
      (!fs.statSync(folder).isDirectory() || fs.readdirSync(folder).length > 0);
    expect(full, name).toBe(true);
  }
}

function checkNumbers(one: Case, run: RunView): void {
  const { metric, metric_present, params_min, processes, child_jobs, log_regex } = one.expect;
  for (const [name, metrics] of Object.entries(metric ?? {}))
    for (const [key, [low, high]] of Object.entries(metrics)) {
      expect(step(run, name).metrics[key]).toBeGreaterThanOrEqual(low);
      expect(step(run, name).metrics[key]).toBeLessThanOrEqual(high);
    }
  for (const key of metric_present ?? [])
    expect(run.steps.some((one) => key in one.metrics)).toBe(true);
  const parameters = run.steps.reduce((sum, one) => sum + Object.keys(one.parameters).length, 0);
  if (params_min !== undefined) expect(parameters).toBeGreaterThanOrEqual(params_min);
  if (child_jobs !== undefined) expect(run.steps.length).toBe(child_jobs);
  if (processes === undefined || log_regex === undefined) return;
  const lines = run.steps.flatMap(
    (one) => log(run, one.name).match(new RegExp(log_regex, "g")) ?? [],
  );
  expect(new Set(lines).size).toBe(processes);
}

function checkReuse(one: Case, workspace: ExampleWorkspace, file: string): void {
  const again = submit(workspace, file);
  expect(again.steps.filter((step) => step.attempts.length > 0)).toEqual([]);
  const { rerun_if } = one.expect;
  if (rerun_if === undefined) return;
  const touched = path.join(path.dirname(file), rerun_if.touch);
  const before = fs.readFileSync(touched, "utf8");
  try {
    fs.writeFileSync(touched, `${before}\n# a comment\n`);
    const changed = submit(workspace, file);
    const ran = changed.steps.filter((step) => step.attempts.length > 0).map((step) => step.name);
    expect(ran.length).toBeGreaterThan(0);
    for (const name of ran) expect(rerun_if.then).toContain(name);
  } finally {
    fs.writeFileSync(touched, before);
  }
}
