import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually, exited, makeRig, type Rig } from "./rig.ts";

// Two runs that need the same work at once: it is done once, and each run gets the copy and the name that it asked for.

let rig: Rig;

beforeEach(() => {
  rig = makeRig("in-flight");
});

afterEach(() => rig.remove());

const pipeline = (name: string): string => `
type: command
compute: local
command: echo one >> "${rig.at("ledger")}"; while [ ! -e "${rig.at("go")}" ]; do sleep 0.05; done; echo made > \${{outputs.o}}
outputs: {o: {type: uri_file, name: ${name}, path: "${rig.at("out")}/\${{name}}/o.txt"}}
`;

it("is done once, and each gets its copy and its asset", async () => {
  rig.write("a.yml", pipeline("of_a"));
  rig.write("b.yml", pipeline("of_b"));
  const first = rig.start("run", "a.yml", "--name", "first");
  await eventually(() => rig.peek().length === 1, "the first run to start its step");
  const second = rig.start("run", "b.yml", "--name", "second");
  await eventually(
    () => rig.cli("show", "second").stdout.includes("Running"),
    "the second run to wait for it",
  );
  rig.write("go", "");
  expect(await Promise.all([first, second].map(exited))).toEqual([0, 0]);
  expect(rig.ran()).toEqual(["one"]);
  for (const run of ["first", "second"]) expect(rig.read(`out/${run}/o.txt`)).toBe("made\n");
  for (const name of ["of_a", "of_b"]) expect(rig.cli("data", "show", name).code).toBe(0);
});

it("fails a run with --strict that waited for work which relies on what it does not declare", async () => {
  const read = `cat "${rig.at("extra.txt")}"; while [ ! -e "${rig.at("go")}" ]; do sleep 0.05; done`;
  rig.write("extra.txt", "");
  rig.write("a.yml", `type: command\ncompute: local\ncommand: ${JSON.stringify(read)}\n`);
  const lenient = rig.start("run", "a.yml", "--name", "lenient");
  await eventually(
    () => rig.cli("show", "lenient").stdout.includes("Running"),
    "the first run to start its step",
  );
  const strict = rig.start("run", "a.yml", "--name", "strict", "--strict");
  await eventually(
    () => rig.cli("show", "strict").stdout.includes("Running"),
    "the second run to wait for it",
  );
  rig.write("go", "");
  expect(await Promise.all([lenient, strict].map(exited))).toEqual([0, 1]);
  expect(rig.cli("show", "strict").stdout).toContain("extra.txt, which is not an input");
});
