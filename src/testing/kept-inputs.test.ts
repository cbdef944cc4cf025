import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunView } from "../operations/recorded/run-view.ts";
import { exited, makeRig, type Rig } from "./rig.ts";

// The bytes a run read are asked for again after the user changed or removed the file: by rerun, resume, shell and by
// the name under which they were registered.

let rig: Rig;

const PIPELINE = `
type: pipeline
display_name: kept
settings: {default_compute: azureml:local}
jobs:
  read:
    command: cat \${{inputs.file}} \${{inputs.folder}}/a.txt > \${{outputs.made}}; basename \${{inputs.file}} >> \${{outputs.made}}
    inputs:
      file: {type: uri_file, path: ./data/in.txt}
      folder: {type: uri_folder, path: ./folder}
    outputs: {made: {type: uri_file}}
`;

beforeEach(() => {
  rig = makeRig("kept");
  rig.write("data/in.txt", "first\n");
  rig.write("folder/a.txt", "inside\n");
  rig.write("pipeline.yml", PIPELINE);
});

afterEach(() => rig.remove());

function made(run: RunView): string {
  expect(run.steps.map((step) => step.error)).toEqual(run.steps.map(() => null));
  return fs.readFileSync(run.steps[0]?.outputs.made?.path ?? "", "utf8");
}

function keptCopies(): readonly string[] {
  const folder = rig.at(".stepwell/store/.kept");
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder).flatMap((part) => fs.readdirSync(`${folder}/${part}`));
}

describe("kept inputs", () => {
  it("rerun, forced, reads the recorded bytes after the user changed one and removed the other", () => {
    const first = rig.run("run", "pipeline.yml");
    expect(made(first)).toBe("first\ninside\nin.txt\n");
    rig.write("data/in.txt", "second\n");
    fs.rmSync(rig.at("folder"), { recursive: true });
    const again = rig.run("rerun", first.name, "--force");
    expect(made(again)).toBe("first\ninside\nin.txt\n");
    expect(again.steps[0]?.reuse.decision).toBe("ran");
    expect(keptCopies()).toHaveLength(2);
  });

  it("shell reads them too, and gc leaves what a run names", () => {
    const { name } = rig.run("run", "pipeline.yml");
    rig.write("data/in.txt", "second\n");
    expect(rig.cli("gc").code).toBe(0);
    const shell = rig.cli(
      "shell",
      name,
      "read",
      "--",
      "bash",
      "-c",
      "./step.sh; cat $SW_outputs_made",
    );
    expect([shell.code, shell.stdout]).toEqual([0, "first\ninside\nin.txt\n"]);
  });

  it("reads the user's own file in place while it is unaltered", () => {
    rig.write(
      "pipeline.yml",
      PIPELINE.replace("basename ${{inputs.file}}", "echo ${{inputs.file}}"),
    );
    expect(made(rig.run("run", "pipeline.yml"))).toContain(rig.at("data/in.txt"));
  });

  it("keeps the same bytes once, whatever they are called", () => {
    rig.run("run", "pipeline.yml");
    rig.write("data/other.txt", "first\n");
    rig.run("run", "pipeline.yml", "--set", "jobs.read.inputs.file.path=./data/other.txt");
    expect(keptCopies()).toHaveLength(2);
  });

  it("a registered version gives its bytes although the file is gone", () => {
    expect(rig.cli("data", "create", "--name", "x", "--path", "data/in.txt").code).toBe(0);
    fs.rmSync(rig.at("data"), { recursive: true });
    expect(rig.cli("gc").code).toBe(0);
    const set = "jobs.read.inputs.file.path=azureml:x:1";
    expect(made(rig.run("run", "pipeline.yml", "--set", set))).toContain("first\n");
  });

  it("gc removes a copy that nothing recorded names, when it is an hour old", () => {
    const words = ["data", "create", "--name", "x", "--version", "1", "--path", "data/in.txt"];
    expect(rig.cli(...words).code).toBe(0);
    rig.write("data/in.txt", "conflict\n");
    expect(rig.cli(...words).code).toBe(2);
    expect(keptCopies()).toHaveLength(2);
    expect(rig.cli("gc").code).toBe(0);
    expect(keptCopies()).toHaveLength(2);
    const store = rig.at(".stepwell/store/.kept");
    const paths = fs.readdirSync(store, { recursive: true }).map((name) => `${store}/${name}`);
    for (const path of paths) fs.utimesSync(path, 1_000_000, 1_000_000);
    expect(rig.cli("gc").code).toBe(0);
    expect(keptCopies()).toHaveLength(1);
    fs.rmSync(rig.at("data"), { recursive: true });
    expect(rig.cli("data", "show", "x:1").code).toBe(0);
  });

  it("with keep: reference nothing is copied, and the error says what changed and the ways out", () => {
    rig.write("stepwell.yml", "keep: reference\n");
    const { name } = rig.run("run", "pipeline.yml");
    expect(keptCopies()).toEqual([]);
    rig.write("data/in.txt", "second\n");
    const rerun = rig.cli("rerun", name);
    expect([rerun.code, rerun.stderr]).toEqual([
      2,
      expect.stringContaining("data/in.txt is gone or no longer"),
    ]);
    expect(rerun.stderr).toContain("--latest");
    const shell = rig.cli("shell", name, "read", "--", "true");
    expect([shell.code, shell.stderr]).toEqual([1, expect.stringContaining("keep: copy")]);
  });

  it("a changed input does not keep a rerun from steps that do not read it", () => {
    rig.write("stepwell.yml", "keep: reference\n");
    rig.write("two.yml", `${PIPELINE}  other: {command: echo other}\n`);
    const { name } = rig.run("run", "two.yml");
    rig.write("data/in.txt", "second\n");
    expect(rig.run("rerun", name, "--until", "other").status).toBe("Completed");
    expect(rig.run("rerun", name, "--from", "other").status).toBe("Completed");
    expect(rig.cli("rerun", name).code).toBe(2);
  });

  it("an unaltered input with links that leave it, or with the workspace in it, is what was recorded", () => {
    rig.write("stepwell.yml", "keep: reference\n");
    rig.write("else/b.txt", "b\n");
    rig.write("linked/a.txt", "a\n");
    fs.symlinkSync("../else/b.txt", rig.at("linked/b.txt"));
    const read = (input: string) => `{command: "cat \${{inputs.d}}/*", inputs: {d: ${input}}}`;
    rig.write(
      "folders.yml",
      `type: pipeline\nsettings: {default_compute: local}\njobs:\n  linked: ${read("{type: uri_folder, path: ./linked}")}\n  all: {command: ls, inputs: {d: {type: uri_folder, path: .}}}\n`,
    );
    const { name } = rig.run("run", "folders.yml");
    expect(rig.run("rerun", name)).toMatchObject({ status: "Completed" });
  });

  it("where a registered version changed, the ways out are those that there are", () => {
    rig.write("stepwell.yml", "keep: reference\n");
    rig.cli("data", "create", "--name", "x", "--path", "data/in.txt");
    const set = "jobs.read.inputs.file.path=azureml:x:1";
    const { name } = rig.run("run", "pipeline.yml", "--set", set);
    rig.write("data/in.txt", "second\n");
    const { code, stderr } = rig.cli("rerun", name);
    expect([code, stderr]).toEqual([2, expect.stringContaining("restore the old bytes of x:1")]);
    expect(stderr).toContain("stepwell data create --name x --path");
    expect(stderr).not.toContain("--latest");
  });

  it("without keep: copy more than 64 MB are used in place only; with it they are kept", () => {
    fs.writeFileSync(rig.at("data/in.txt"), Buffer.alloc(65 * 2 ** 20, "x\n"));
    rig.run("run", "pipeline.yml");
    expect(keptCopies()).toEqual([]);
    rig.write("stepwell.yml", "keep: copy\n");
    rig.run("run", "pipeline.yml");
    expect(keptCopies()).toHaveLength(2);
  });

  it("a resumed run goes on with the bytes that it was submitted with", async () => {
    const words = ["run", "pipeline.yml", "--name", "cut"];
    await exited(rig.startWith({ STEPWELL_CRASH_AT: "before-commit:1" }, ...words));
    expect(rig.run("show", "cut").status).toBe("Interrupted");
    rig.write("data/in.txt", "second\n");
    rig.write("folder/b.txt", "more\n");
    expect(made(rig.run("run", "--resume", "cut"))).toBe("first\ninside\nin.txt\n");
  });

  it("an attempt whose input is nowhere fails before it starts", async () => {
    rig.write("stepwell.yml", "keep: reference\n");
    const words = ["run", "pipeline.yml", "--name", "cut"];
    await exited(rig.startWith({ STEPWELL_CRASH_AT: "before-commit:1" }, ...words));
    rig.write("data/in.txt", "second\n");
    const [step] = rig.run("run", "--resume", "cut").steps;
    expect(step).toMatchObject({ status: "Failed", error: { code: "data_changed" } });
    expect(step?.attempts[0]).toMatchObject({ reason: "not_started", started: null });
  });
});
