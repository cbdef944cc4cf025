import fs from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { RunView, StepView } from "../operations/recorded/run-view.ts";
import { openDatabase } from "../records/sqlite/driver.ts";
import { eventually, exited, killEverything, makeRig, type Rig } from "./rig.ts";

// After a power cut the record may know of outputs whose bytes are lost: of what was not synced yet. Nobody believes it, also
// where nobody has become the engine since and a command only looks.

const chain = (gate: string): string => `type: pipeline
settings: {default_compute: azureml:local}
jobs:
  a: {command: "echo 1 > \${{outputs.out}}", outputs: {out: {type: uri_file}}}
  b:
    command: until [ -e ${gate} ]; do sleep 0.02; done; cat \${{inputs.i}} > \${{outputs.out}}
    inputs: {i: "\${{parent.jobs.a.outputs.out}}"}
    outputs: {out: {type: uri_file}}
`;

let rig: Rig;

beforeEach(async () => {
  rig = makeRig("restart");
  rig.write("chain.yml", chain(rig.at("gate")));
  const run = rig.start("run", "chain.yml", "--name", "one");
  await eventually(() => ofStep("a").status === "Completed", "step a ends");
  run.kill("SIGKILL");
  await exited(run);
  killEverything(rig.folder);
  // As if the power were cut before the commit that would have made it last.
  database((open) => open.exec("update run set lasting_seq = 1"));
});

afterEach(() => rig.remove());

function database<T>(work: (database: ReturnType<typeof openDatabase>) => T): T {
  const open = openDatabase(rig.at(".stepwell/stepwell.db"));
  try {
    return work(open);
  } finally {
    open.close();
  }
}

function ofStep(name: string): Partial<StepView> {
  const shown = rig.cli("show", "one", "--json");
  const steps = shown.code === 0 ? (JSON.parse(shown.stdout) as RunView).steps : [];
  return steps.find((step) => step.name === name) ?? {};
}

/** The bytes of the output are lost, its size and times are not: what ext4 does. */
function cutPower(): string {
  const { path } = ofStep("a").outputs?.out ?? expect.unreachable("no output");
  const { atime, mtime } = fs.statSync(path);
  fs.chmodSync(path, 0o644);
  fs.writeFileSync(path, "\0\0");
  fs.utimesSync(path, atime, mtime);
  database((open) => open.exec("update engine set boot_id = 'before'"));
  return path;
}

it("is not shown, nor copied, nor planned on", () => {
  cutPower();
  expect(ofStep("a")).toMatchObject({ status: "Queued", outputs: {} });
  expect(rig.cli("outputs", "one", "a.out", "--to", "copy").code).not.toBe(0);
  expect(fs.existsSync(rig.at("copy"))).toBe(false);
  const plan = JSON.parse(rig.cli("plan", "chain.yml", "--json").stdout);
  expect(plan.counts).toMatchObject({ reuse: 0 });
});

it("is all there where only the process has died", () => {
  expect(ofStep("a").status).toBe("Completed");
  expect(rig.cli("outputs", "one", "a.out", "--to", "copy").code).toBe(0);
  expect(rig.read("copy/out")).toBe("1\n");
});

it("is left alone by another machine, whose engine may still be there", () => {
  cutPower();
  database((open) => open.exec("update engine set host = 'another'"));
  expect(ofStep("a").status).toBe("Completed");
});

it("goes on to the outputs of a run that nobody disturbed", () => {
  const path = cutPower();
  rig.write("gate", "");
  expect(rig.run("run", "--resume", "one").status).toBe("Completed");
  expect(fs.readFileSync(path, "utf8")).toBe("1\n");
});

it("is registered as what the step makes when it runs again", () => {
  rig.write(
    "job.yml",
    `type: command
command: date +%s%N > \${{outputs.o}}
compute: azureml:local
outputs: {o: {type: uri_file, name: stamp, version: "1"}}
`,
  );
  const before = rig.run("run", "job.yml", "--name", "two").outputs.o?.id;
  // What was recorded of the end is lost with the power, the version is not: it is written first.
  database((open) => {
    open.exec("update run set lasting_seq=1, ended_at=null, status='Running' where name='two'");
    open.exec("update engine set boot_id='before'");
  });
  const run = rig.run("run", "--resume", "two");
  expect([run.status, run.errors]).toEqual(["Completed", []]);
  expect(run.outputs.o?.id).not.toBe(before);
  const data = JSON.parse(rig.cli("data", "show", "--name", "stamp", "--json").stdout);
  expect(JSON.stringify(data)).toContain(String(run.outputs.o?.id));
});
