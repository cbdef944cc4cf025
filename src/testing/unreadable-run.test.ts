import { afterEach, expect, it } from "vitest";
import { openDatabase } from "../records/sqlite/driver.ts";
import { eventually, exited, leftovers, makeRig, type Rig } from "./rig.ts";

// A run whose recorded plan cannot be read: it can be ended and removed, and holds up nobody.

let rig: Rig;

afterEach(() => rig.remove());

const JOB = (name: string): string => `
type: pipeline
display_name: ${name}
settings: {default_compute: azureml:local}
jobs:
  a:
    command: echo a >> "$HOME_OF_TEST/ledger"; until [ -e "$HOME_OF_TEST/go" ]; do sleep 0.05; done; echo > \${{outputs.out}}
    environment_variables: {HOME_OF_TEST: ${JSON.stringify(rig.folder)}}
    outputs: {out: {type: uri_file}}
  b:
    command: cat \${{inputs.from}}
    inputs: {from: "\${{parent.jobs.a.outputs.out}}"}
`;

/** A run whose process was killed, with a step that still runs. */
async function interrupted(): Promise<void> {
  rig.write("one.yml", JOB("one"));
  const child = rig.start("run", "one.yml", "--name", "one");
  await eventually(() => rig.peek().includes("a"), "step a runs");
  child.kill("SIGKILL");
  await exited(child);
  const database = openDatabase(rig.at(".stepwell/stepwell.db"));
  database.exec("update document set body = substr(body, 1, 100) where id like 'sha256:%'");
  database.close();
}

it("is ended by cancel, with what still runs of it, and then removed", async () => {
  rig = makeRig("unreadable");
  await interrupted();
  const shown = rig.cli("show", "one");
  expect([shown.code, shown.stderr]).toEqual([
    4,
    "error: the plan of run one cannot be read: it is damaged, missing, or of a newer version of Stepwell\n  end it: stepwell cancel one; then remove it: stepwell delete one --record\n",
  ]);
  expect(rig.cli("cancel", "one").stdout).toBe("one Canceled\n");
  await eventually(() => leftovers(rig.folder).length === 0, "nothing runs of it");
  expect(rig.cli("show", "one").stderr).toContain("remove it: stepwell delete one --record");
  expect(rig.cli("delete", "one", "--record").code).toBe(0);
  expect(JSON.parse(rig.cli("runs", "--json").stdout).runs).toEqual([]);
}, 60_000);

it("keeps no other run from the same work, before and after its end", async () => {
  rig = makeRig("unreadable-beside");
  await interrupted();
  rig.write("two.yml", JOB("two"));
  rig.cli("run", "two.yml", "--name", "two", "--detach");
  await eventually(() => rig.peek().length === 2, "the same step of another run runs");
  rig.write("go", "");
  expect(rig.cli("wait", "two").code).toBe(0);
  expect(rig.cli("cancel", "one").stdout).toBe("one Canceled\n");
  expect(rig.run("run", "two.yml", "--force").status).toBe("Completed");
}, 60_000);
