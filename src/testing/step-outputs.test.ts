import fs from "node:fs";
import { afterEach, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// `stepwell outputs RUN STEP.NAME` for steps that are not simply commands that succeeded.

let rig: Rig;

afterEach(() => rig.remove());

const OUTPUT = "outputs: {o: {type: uri_file}}";

it("the outputs of a nested pipeline are found by its name, and in a reference to the run", () => {
  rig = makeRig("nested-outputs");
  const leaf = `{command: 'echo leaf > \${{outputs.o}}', outputs: {o: "\${{parent.outputs.r}}"}}`;
  rig.write(
    "inner.yml",
    `type: pipeline\noutputs: {r: {type: uri_file}}\njobs:\n  leaf: ${leaf}\n`,
  );
  rig.write(
    "middle.yml",
    `type: pipeline\noutputs: {m: {type: uri_file}}\njobs:\n  in: {component: ./inner.yml, outputs: {r: "\${{parent.outputs.m}}"}}\n`,
  );
  rig.write("pipeline.yml", "type: pipeline\njobs:\n  out: {component: ./middle.yml}\n");
  const run = rig.run("run", "pipeline.yml", "--name", "nest");
  expect(run.steps[0]).toMatchObject({ name: "out", outputs: { m: expect.anything() } });
  const paths = ["out.m", "out.in.r", "out.in.leaf.o"].map((name) =>
    rig.cli("outputs", "nest", name),
  );
  expect(new Set(paths.map(({ stdout }) => stdout))).toEqual(
    new Set([`${run.steps[0]?.outputs.m?.path}\n`]),
  );
  expect(rig.cli("outputs", "nest").stdout).toBe("out.m\nout.in.r\nout.in.leaf.o\n");
  expect(rig.cli("outputs", "nest", "out.in").stderr).toContain("it has out.in.r, out.in.leaf.o\n");
  rig.write(
    "reader.yml",
    "type: command\ncompute: local\ncommand: cat ${{inputs.x}} > ${{outputs.o}}\n" +
      `inputs: {x: {type: uri_file, path: azureml://jobs/nest/outputs/out.m}}\n${OUTPUT}\n`,
  );
  expect(rig.run("run", "reader.yml").status).toBe("Completed");
});

it("an output that an attempt wrote before it failed is not given out, but told where to look for", () => {
  rig = makeRig("unfinished-output");
  rig.write(
    "pipeline.yml",
    `type: pipeline\njobs:\n  half:\n    command: 'echo half > \${{outputs.o}}; exit 4'\n    ${OUTPUT}\n`,
  );
  expect(rig.cli("run", "pipeline.yml", "--name", "broke").code).toBe(1);
  const asked = rig.cli("outputs", "broke", "half.o");
  expect([asked.code, asked.stdout]).toEqual([1, ""]);
  expect(asked.stderr).toContain("was not made");
  expect(asked.stderr).toContain("stepwell shell broke half");
  const command = ["shell", "broke", "half", "--", "bash", "-c", 'cat "$SW_outputs_o"'];
  expect(rig.cli(...command).stdout).toBe("half\n");
});

it("an output that was deleted is found again where the same work has made the same bytes", () => {
  rig = makeRig("made-again");
  rig.write("made.txt", "one");
  rig.write(
    "make.yml",
    "type: command\ncompute: local\ncommand: cat ${{inputs.x}} > ${{outputs.o}}\n" +
      `inputs: {x: {type: uri_file, path: made.txt}}\n${OUTPUT}\n`,
  );
  rig.write(
    "use.yml",
    "type: command\ncompute: local\ncommand: cat ${{inputs.x}} > ${{outputs.o}}; echo\n" +
      `inputs: {x: {type: uri_file, path: azureml://jobs/first/outputs/o}}\n${OUTPUT}\n`,
  );
  const first = rig.run("run", "make.yml", "--name", "first");
  expect(rig.run("run", "use.yml").status).toBe("Completed");
  fs.rmSync(first.steps[0]?.outputs.o?.path as string);
  const refused = rig.cli("run", "use.yml");
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      "→ run its pipeline again: the same bytes are taken from there; if it makes others, name the new run",
    ),
  });
  expect(rig.run("run", "make.yml").steps[0]?.reuse.decision).toBe("ran");
  expect(rig.run("run", "use.yml").steps[0]?.reuse).toMatchObject({ decision: "reused" });
  expect(fs.readFileSync(rig.cli("outputs", "first", "o").stdout.trim(), "utf8")).toBe("one");
});

it("a copy of an output goes among the user's files, be it the project's own folder or the root of the store", () => {
  rig = makeRig("copied-among");
  rig.write("thesis.tex", "of the user's");
  rig.write("res/notes.txt", "of the user's");
  const step = (name: string, place: string): string =>
    `  ${name}: {command: 'echo \${{inputs.w}} > "\${{outputs.o}}/${name}-\${{inputs.w}}"', inputs: {w: "\${{parent.inputs.w}}"}, outputs: {o: {type: uri_folder, path: "${place}"}}}\n`;
  const store = "azureml://datastores/workspaceblobstore/paths/";
  const places = { here: ".", store, a: "./res", b: "./res" };
  const steps = Object.entries(places).map(([name, place]) => step(name, place));
  rig.write("pipeline.yml", `type: pipeline\ninputs: {w: one}\njobs:\n${steps.join("")}`);
  expect(rig.run("run", "pipeline.yml")).toMatchObject({ status: "Completed", errors: [] });
  expect(rig.run("run", "pipeline.yml", "--input", "w=two").status).toBe("Completed");
  // Back again, from what was recorded: the store has kept it all.
  const last = rig.run("run", "pipeline.yml");
  expect(last.steps.map(({ reuse }) => reuse.decision)).toEqual(Array(4).fill("reused"));
  const here = fs.readdirSync(rig.folder).filter((name) => !name.startsWith("."));
  expect(here.sort()).toEqual(["here-one", "pipeline.yml", "res", "thesis.tex"]);
  expect(fs.readdirSync(rig.at("res")).sort()).toEqual(["a-one", "b-one", "notes.txt"]);
  expect(rig.read("res/notes.txt")).toBe("of the user's");
});

it("outputs --to copies into a folder of the user's without removing anything, and needs a name", () => {
  rig = makeRig("copied-to");
  rig.write("model/weights", "of the user's");
  const command = "echo new > ${{outputs.model}}/card";
  rig.write(
    "job.yml",
    `type: command\ncompute: local\ncommand: ${command}\noutputs: {model: {type: uri_folder}}\n`,
  );
  expect(rig.cli("run", "job.yml", "--name", "made").code).toBe(0);
  expect(rig.cli("outputs", "made", "model", "--to", ".").code).toBe(0);
  expect(fs.readdirSync(rig.at("model")).sort()).toEqual(["card", "weights"]);
  const below = rig.cli("outputs", "made", "model", "--to", "job.yml/inside");
  expect([below.code, below.stderr]).toEqual([
    2,
    expect.stringContaining(`--to names a folder, and ${rig.at("job.yml")} is a file`),
  ]);
  const unnamed = rig.cli("outputs", "made", "--to", ".");
  expect([unnamed.code, unnamed.stdout]).toEqual([2, ""]);
  expect(unnamed.stderr).toContain("stepwell outputs made NAME --to .");
});

it("a file is copied into a folder under its own name, and over a file of its name", () => {
  rig = makeRig("copied-files");
  rig.write("there/notes.txt", "of the user's");
  const places = {
    a: "./there",
    b: "./made/",
    c: "./file.txt",
    d: "azureml://datastores/workspaceblobstore/paths/in/",
  };
  const steps = Object.entries(places).map(
    ([name, place]) =>
      `  ${name}: {command: 'echo ${name} > "\${{outputs.o}}"', outputs: {o: {type: uri_file, path: "${place}"}}}\n`,
  );
  rig.write("pipeline.yml", `type: pipeline\njobs:\n${steps.join("")}`);
  expect(rig.run("run", "pipeline.yml")).toMatchObject({ status: "Completed", errors: [] });
  const made = ["there/o", "made/o", "file.txt", ".stepwell/store/in/o"].map((at) => rig.read(at));
  expect(made).toEqual(["a\n", "b\n", "c\n", "d\n"]);
  expect(rig.read("there/notes.txt")).toBe("of the user's");
});

it("an output that the command does not name is empty or missing for that reason, and the message says so", () => {
  rig = makeRig("unnamed-output");
  const step = (type: string) =>
    `type: pipeline\njobs:\n  a:\n    command: echo a\n    outputs: {o: {type: ${type}}}\n`;
  const why = "the command does not name ${{outputs.o}}, and so did not know its path";
  rig.write("pipeline.yml", step("uri_folder"));
  expect(rig.cli("run").stderr).toContain(`warning step a: output "o" is empty: ${why}\n`);
  rig.write("pipeline.yml", step("uri_file"));
  expect(rig.cli("run").stderr).toContain(`output "o" is missing: ${why}\n`);
});
