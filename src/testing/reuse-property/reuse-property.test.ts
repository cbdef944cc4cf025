import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadDefinition } from "../../operations/definitions/load-definition.ts";
import { forecastRun } from "../../operations/plans/plan-run.ts";
import { preparePlan } from "../../operations/plans/prepare-plan.ts";
import { type RecordedRun, readRun } from "../../operations/recorded/read-run.ts";
import { isRefusal } from "../../operations/refusal.ts";
import { driveRun } from "../../operations/runs/drive-run.ts";
import { submitRun } from "../../operations/runs/submit-run.ts";
import type { Workspace } from "../../operations/workspace.ts";
import { makeInProcess } from "./in-process.ts";
import {
  newProject,
  type Project,
  pathOf,
  STEPS,
  type StepName,
  truth,
  writeProject,
} from "./project.ts";

// Any sequence of edits gives the same outputs with reuse as without, nothing is run whose result is there, and `plan`
// keeps its word. STEPWELL_SEED replays a sequence, STEPWELL_SEQUENCES asks for more.

const SEQUENCES = Number(
  process.env.STEPWELL_SEQUENCES ?? (process.env.STEPWELL_DEEP ? 1_500 : 120),
);
const SEED = Number(process.env.STEPWELL_SEED ?? Date.now() % 1_000_000);

interface Edit {
  readonly what: string;
  /** `force` takes effect in the next run. */
  apply(session: Session): void;
}

interface Session {
  readonly project: Project;
  readonly workspace: Workspace;
  readonly folder: string;
  /** Key of work → files of its results that are whole. */
  readonly live: Map<string, Set<string>>;
  last: RecordedRun | null;
  force: "all" | StepName[];
}

const step = fc.constantFrom(...STEPS);
const number = fc.integer({ min: 0, max: 2 });

function change(key: "k" | "comment" | "helper" | "parameter" | "variable" | "environment") {
  return fc.tuple(step, number).map(
    ([name, value]): Edit => ({
      what: `${key} of ${name} is ${value}`,
      apply: ({ project }) => {
        project.steps[name][key] = value;
      },
    }),
  );
}

const edits = fc.oneof(
  change("k"),
  change("comment"),
  change("helper"),
  change("parameter"),
  change("variable"),
  change("environment"),
  number.map((value) =>
    edit(`data is ${value}`, ({ project }) => {
      project.data = value;
    }),
  ),
  fc.tuple(fc.constantFrom("one", "two"), fc.option(number)).map(([file, value]) =>
    edit(`folder/${file} is ${value}`, ({ project }) => {
      if (value === null) project.folder.delete(file);
      else project.folder.set(file, value);
    }),
  ),
  fc.constantFrom("data", "folder/one", "code/a/program", "code/d/lib/helper").map((file) =>
    edit(`touch ${file}`, ({ folder }) => {
      const at = path.join(folder, file);
      if (fs.existsSync(at)) fs.writeFileSync(at, fs.readFileSync(at));
    }),
  ),
  fc.constant(
    edit("other order", ({ project }) => {
      project.reversed = !project.reversed;
    }),
  ),
  fc.tuple(step, fc.constantFrom("", "_x", "_y")).map(([name, suffix]) =>
    edit(`rename ${name} to ${name}${suffix}`, ({ project }) => {
      project.steps[name].suffix = suffix;
    }),
  ),
  number.map((value) =>
    edit("unrelated", ({ project }) => {
      project.unrelated = value;
    }),
  ),
  fc
    .tuple(step, fc.constantFrom("delete", "spoil", "touch"))
    .map(([name, how]) =>
      edit(`${how} the output of ${name}`, (session) => spoil(session, name, how)),
    ),
  fc.uniqueArray(step, { minLength: 1, maxLength: 2 }).map((names) =>
    edit(`force ${names}`, (session) => {
      session.force = names;
    }),
  ),
);

function edit(what: string, apply: Edit["apply"]): Edit {
  return { what, apply };
}

function spoil(session: Session, name: StepName, how: string): void {
  const { last, project, live } = session;
  const index = last?.plan.graph.steps.findIndex((one) => one.path === pathOf(project, name)) ?? -1;
  const file = last?.results.get(index)?.result.outputs.o?.path;
  if (file === undefined || !fs.existsSync(file)) return;
  fs.chmodSync(path.dirname(file), 0o755);
  if (how === "touch") {
    fs.utimesSync(file, 1, 1);
    return;
  }
  fs.rmSync(file);
  if (how === "spoil") fs.writeFileSync(file, "spoilt\n");
  for (const files of live.values()) files.delete(file);
}

/** Plans and runs the project as it is, and holds what happened to what had to happen. */
async function runAndCheck(session: Session): Promise<void> {
  const { project, workspace, folder } = session;
  writeProject(project, folder);
  const file = path.join(folder, "pipeline.yml");
  const loaded = await loadDefinition(workspace, { file, set: [], inputs: {}, compute: null });
  if (loaded.graph === null) throw new Error(JSON.stringify(loaded.problems));
  const force =
    session.force === "all" ? "all" : session.force.map((name) => pathOf(project, name));
  const options = {
    force: force as "all" | string[],
    skip: [],
    taken: {},
    onlyCached: false,
    passEnv: [],
  };
  const { plan, problems } = await preparePlan(workspace, loaded.graph, {
    ...options,
    mayResolve: false,
    locked: false,
  });
  if (plan === null) throw new Error(JSON.stringify(problems));
  const forecast = await forecastRun(workspace, plan, new Map());
  const row = await submitRun(workspace, plan, {
    name: null,
    experiment: null,
    tags: {},
    priority: 0,
    detached: true,
    idempotencyKey: null,
    owner: null,
    file,
    commandLine: [],
    variables: {},
    warnings: [],
    readFrom: null,
  });
  if (isRefusal(row)) throw new Error(row.message);
  await driveRun(workspace, { run: row.name, follow: null, onNotice: () => {} });
  const run = await readRun(workspace, row.name);
  if (isRefusal(run)) throw new Error(run.message);
  expect(run.status).toBe("Completed");
  check(session, run, new Map(forecast.steps.map(({ name, decision }) => [name, decision])));
  session.last = run;
  session.force = [];
}

function check(session: Session, run: RecordedRun, planned: ReadonlyMap<string, string>): void {
  const { project, live } = session;
  const expected = truth(project);
  const ranNow = new Set<string>();
  const made: [string, string][] = [];
  for (const name of STEPS) {
    const at = pathOf(project, name);
    const index = run.plan.graph.steps.findIndex((one) => one.path === at);
    const ran = run.state.steps[index]?.decision === "ran";
    const output = run.results.get(index)?.result.outputs.o?.path as string;
    const { key } = expected[name];
    expect([at, fs.readFileSync(output, "utf8")]).toEqual([at, expected[name].output]);
    const forced = session.force === "all" || session.force.includes(name);
    const isThere = (live.get(key)?.size ?? 0) > 0 || ranNow.has(key);
    if (forced) expect([at, ran, "forced"]).toEqual([at, true, "forced"]);
    else if (ran && isThere) expect.fail(`${at} ran although its result is there`);
    if (ran && !forced) ranNow.add(key);
    if (planned.get(at) === "run") expect([at, "planned", ran]).toEqual([at, "planned", true]);
    if (planned.get(at) === "reuse") expect([at, "reuse", ran]).toEqual([at, "reuse", false]);
    made.push([key, output]);
  }
  for (const [key, output] of made) live.set(key, (live.get(key) ?? new Set()).add(output));
}

async function play(batches: readonly (readonly Edit[])[]): Promise<void> {
  const workspace = makeInProcess();
  const folder = path.join(workspace.folder, "project");
  const session: Session = {
    project: newProject(),
    workspace,
    folder,
    live: new Map(),
    last: null,
    force: [],
  };
  try {
    await runAndCheck(session);
    for (const batch of batches) {
      for (const one of batch) one.apply(session);
      await runAndCheck(session);
    }
    // Unchanged: nothing runs. Then all of it anew: the same outputs as with reuse.
    await runAndCheck(session);
    session.force = "all";
    await runAndCheck(session);
  } finally {
    await workspace.close();
  }
}

describe("any sequence of edits", () => {
  it("gives with reuse what it gives without, runs nothing twice, and goes as planned", async () => {
    process.stderr.write(`reuse property: ${SEQUENCES} sequences, STEPWELL_SEED=${SEED}\n`);
    const batch = fc.array(edits, { minLength: 1, maxLength: 3 });
    const sequences = fc.array(batch, { minLength: 2, maxLength: 6 });
    const shown = (all: readonly (readonly Edit[])[]) =>
      all.map((some) => some.map((one) => one.what));
    await fc.assert(
      fc.asyncProperty(sequences, async (all) => {
        try {
          await play(all);
        } catch (error) {
          throw new Error(`${JSON.stringify(shown(all))}\n${(error as Error).message}`, {
            cause: error,
          });
        }
      }),
      { numRuns: SEQUENCES, seed: SEED, endOnFailure: false },
    );
  }, 1_800_000);
});
