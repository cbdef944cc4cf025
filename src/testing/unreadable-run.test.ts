import fs from "node:fs";
import { afterEach, expect, it } from "vitest";
import { openDatabase } from "../records/sqlite/driver.ts";
import { eventually, exited, leftovers, makeRig, type Rig } from "./rig.ts";

// A run whose recorded plan, or one of its events, cannot be read: it can be ended and removed, and holds up nobody.

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

function alter(statement: string): void {
  const database = openDatabase(rig.at(".stepwell/stepwell.db"));
  database.exec(statement);
  database.close();
}

const PLAN = "update document set body = substr(body, 1, 100) where id like 'sha256:%'";
const eventAltered = (kind: string, body = "gar{bage"): string =>
  `update event set body = '${body}' where run = 'one' and instr(body, '"${kind}"') > 0`;

/** A run whose process was killed, with a step that still runs. */
async function interrupted(damage: string): Promise<void> {
  rig.write("one.yml", JOB("one"));
  const child = rig.start("run", "one.yml", "--name", "one");
  await eventually(() => rig.peek().includes("a"), "step a runs");
  child.kill("SIGKILL");
  await exited(child);
  alter(damage);
}

const DAMAGES = [
  ["plan", PLAN, "the plan of"],
  ["start of a step", eventAltered("attempt_created"), "what was recorded of"],
  ["start of the run", eventAltered("run_started"), "what was recorded of"],
  [
    "event of another version",
    eventAltered("run_started", '{"kind":"new","at":1}'),
    "what was recorded of",
  ],
] as const;

it.each(DAMAGES)(
  "with an unreadable %s keeps the folders of what runs of it from gc",
  async (_, damage) => {
    rig = makeRig("unreadable");
    await interrupted(damage);
    const folders = ["work", "attempts", "store/.attempts"].map((at) => rig.at(`.stepwell/${at}`));
    const before = folders.map((at) => fs.readdirSync(at));
    expect(rig.cli("gc").code).toBe(0);
    expect(folders.map((at) => fs.readdirSync(at))).toEqual(before);
    rig.cli("cancel", "one");
  },
);

it.each(DAMAGES)(
  "with an unreadable %s is ended by cancel, with what still runs of it, and then removed",
  async (_, damage, what) => {
    rig = makeRig("unreadable");
    await interrupted(damage);
    const shown = rig.cli("show", "one");
    expect([shown.code, shown.stderr]).toEqual([
      4,
      `error: ${what} run one cannot be read: it is damaged, missing, or of a newer version of Stepwell\n  end it: stepwell cancel one; then remove it: stepwell delete one --record\n`,
    ]);
    expect(rig.cli("cancel", "one").stdout).toBe("one Canceled\n");
    await eventually(() => leftovers(rig.folder).length === 0, "nothing runs of it");
    expect(rig.cli("show", "one").stderr).toContain("remove it: stepwell delete one --record");
    expect(rig.cli("delete", "one", "--record").code).toBe(0);
    expect(JSON.parse(rig.cli("runs", "--json").stdout).runs).toEqual([]);
  },
  60_000,
);

it.each(DAMAGES)(
  "with an unreadable %s keeps no other run from the same work, before and after its end",
  async (_, damage) => {
    rig = makeRig("unreadable-beside");
    await interrupted(damage);
    rig.write("two.yml", JOB("two"));
    rig.cli("run", "two.yml", "--name", "two", "--detach");
    await eventually(() => rig.peek().length === 2, "the same step of another run runs");
    rig.write("go", "");
    expect(rig.cli("wait", "two").code).toBe(0);
    expect(rig.cli("cancel", "one").stdout).toBe("one Canceled\n");
    expect(rig.run("run", "two.yml", "--force").status).toBe("Completed");
  },
  60_000,
);

it.each(["run_started", "attempt_created", "attempt_ended", "step_completed", "run_ended"])(
  "one that has ended, with an unreadable %s, is told as such and removed; others go on",
  (kind) => {
    rig = makeRig("unreadable-ended");
    rig.write("go", "");
    for (const name of ["one", "two"]) {
      rig.write(`${name}.yml`, JOB(name));
      rig.run("run", `${name}.yml`, "--name", name, "--force");
    }
    alter(eventAltered(kind));
    for (const words of [
      ["show", "one"],
      ["show", "one", "a"],
      ["logs", "one", "a"],
      ["why", "one", "a"],
      ["rerun", "one"],
      ["run", "--resume", "one"],
      ["diff", "one", "two"],
      ["outputs", "one", "a.out"],
    ]) {
      const { code, stderr } = rig.cli(...words);
      expect([code, stderr]).toEqual([
        4,
        expect.stringMatching(/error: what was recorded of run one .*\n {2}remove it: /),
      ]);
    }
    for (const words of [["runs"], ["plan", "one.yml"], ["du"], ["gc"], ["cancel", "one"]])
      expect([words, rig.cli(...words).code]).toEqual([words, 0]);
    expect(rig.run("run", "one.yml").status).toBe("Completed");
    expect(rig.run("run", "two.yml").steps.map(({ reuse }) => reuse.decision)).not.toContain("ran");
    expect(rig.cli("delete", "one", "--record").code).toBe(0);
  },
  60_000,
);

it("a result that is recorded unreadably is told as the reason why its step runs again", () => {
  rig = makeRig("unreadable-result");
  rig.write("go", "");
  rig.write("one.yml", JOB("one"));
  rig.run("run", "one.yml", "--name", "one");
  alter(eventAltered("step_completed"));
  const planned = rig.cli("plan", "one.yml").stdout;
  expect(planned).toMatch(/^run +a .* the record of its result is damaged$/m);
  const [first] = rig.run("run", "one.yml").steps;
  expect(first?.reuse.reason?.detail).toBe("the record of its result is damaged");
  expect(rig.cli("plan", "one.yml").stdout).toContain("0 to run, 2 to reuse");
});
