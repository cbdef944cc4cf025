import { afterEach, beforeEach, expect, it } from "vitest";
import { readRun } from "../operations/recorded/read-run.ts";
import { isRefusal } from "../operations/refusal.ts";
import { driveRun } from "../operations/runs/drive-run.ts";
import { submitRun } from "../operations/runs/submit-run.ts";
import type { Workspace } from "../operations/workspace.ts";
import type { CommitBatch, RecordStore } from "../ports/records.ts";
import { openSqliteStore } from "../records/sqlite/store.ts";
import { openWorkspace } from "../wiring.ts";
import { makeRig, type Rig } from "./rig.ts";

// A removal strikes just between the engine's look-up of a result and the commit that takes it over: the engine begins anew from
// the record, and runs the step again.

let rig: Rig;

beforeEach(() => {
  rig = makeRig("race");
  rig.write(
    "pipeline.yml",
    `
type: pipeline
display_name: taxi
settings: {default_compute: azureml:local}
jobs:
  made:
    command: echo made >> ${rig.at("ledger")} && date +%s%N > \${{outputs.o}}
    outputs: {o: {type: uri_file}}
  below:
    command: echo below >> ${rig.at("ledger")} && cat \${{inputs.i}} > \${{outputs.o}}
    inputs: {i: "\${{parent.jobs.made.outputs.o}}"}
    outputs: {o: {type: uri_file}}
  slow:
    command: echo slow >> ${rig.at("ledger")} && sleep 1 && echo slow > \${{outputs.o}}
    reuse: never
    outputs: {o: {type: uri_file}}
`,
  );
  expect(rig.run("run").status).toBe("Completed");
  expect(rig.ran()).toEqual(["below", "made", "slow"]);
});

afterEach(() => rig.remove());

async function open(): Promise<Workspace> {
  const opened = await openWorkspace({
    option: rig.folder,
    currentFolder: rig.folder,
    shell: process.env,
    create: "refuse",
    notice: () => {},
  });
  return isRefusal(opened) ? expect.unreachable(opened.message) : opened;
}

/** Calls `strike` once, before the first commit that takes something over. */
function strikeBefore(records: RecordStore, strike: () => Promise<void>): () => number {
  const commit = records.commit;
  let refused = 0;
  let hasStruck = false;
  const takesOver = (batch: CommitBatch): boolean =>
    batch.updates.some(({ events }) => events.some(({ kind }) => kind === "steps_reused"));
  records.commit = async (batch) => {
    if (!hasStruck && takesOver(batch)) {
      hasStruck = true;
      await strike();
    }
    const outcome = await commit(batch);
    if (outcome === "removed") refused += 1;
    return outcome;
  };
  return () => refused;
}

async function removeMade(): Promise<void> {
  const other = openSqliteStore(rig.at(".stepwell/stepwell.db"));
  if (other.kind !== "open") return expect.unreachable("the record is of this version");
  const { store } = other;
  const made = (await store.resultsOf("taxi-1")).find((row) => row.path === "made");
  const outcome = await store.markRemoved({
    results: [{ run: "taxi-1", seq: made?.seq ?? 0, sizeBytes: 1 }],
    mark: { at: 1, by: "ann", reason: "a race" },
    moment: await store.moment(),
    forget: null,
  });
  expect(outcome).toMatchObject({ kind: "marked", results: [{}], held: [] });
  await store.close();
}

it("an engine that counts on a result which is removed meanwhile decides anew", async () => {
  const workspace = await open();
  const first = await workspace.records.run("taxi-1");
  const plan = await workspace.plans.plan(first?.planId ?? "");
  if (plan === null) return expect.unreachable("the plan is recorded");
  const refused = strikeBefore(workspace.records, removeMade);
  const row = await submitRun(workspace, plan, {
    name: "again",
    experiment: null,
    tags: {},
    priority: 0,
    detached: false,
    idempotencyKey: null,
    owner: workspace.self(),
    file: null,
    commandLine: [],
    variables: {},
    warnings: [],
    readFrom: null,
  });
  expect(isRefusal(row)).toBe(false);
  await driveRun(workspace, { run: "again", follow: null, onNotice: () => {} });
  const run = await readRun(workspace, "again");
  if (isRefusal(run)) return expect.unreachable(run.message);
  const decisions = run.plan.graph.steps.map((step, index) => [
    step.path,
    run.state.steps[index]?.decision,
    run.state.steps[index]?.reason?.kind,
  ]);
  await workspace.close();
  expect([run.status, refused()]).toEqual(["Completed", 1]);
  expect(decisions).toContainEqual(["made", "ran", "outputs_removed"]);
  expect(rig.ran()).toEqual(["below", "made", "slow"]);
});
