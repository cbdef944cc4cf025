import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// What is wrong with a field of a step is shown at that field, wherever the file gives it.

let rig: Rig;

beforeEach(() => {
  rig = makeRig("wrong-places");
  rig.write(
    "component.yml",
    "type: command\nname: reads\ninputs: {x: {type: uri_file}}\ncommand: cat ${{inputs.x}}\nenvironment: azureml:lost:7\n",
  );
});

afterEach(() => rig.remove());

/** `file:line:column` of each finding, and the text that stands there. */
function places(...words: readonly string[]): readonly string[] {
  const { code, stderr } = rig.cli("validate", ...words);
  expect(code).toBe(2);
  return [...stderr.matchAll(/^(\S+:\d+:\d+): error: .*\n *\d+ \| (.*)\n *\| ( *)\^/gm)].map(
    ([, place, line, before]) => `${place} ${(line as string).slice((before as string).length)}`,
  );
}

describe("the place of a mistake", () => {
  it("is the address whose datastore or run is not there", () => {
    rig.write(
      "far.yml",
      `
type: pipeline
settings: {default_datastore: azureml:sea}
jobs:
  a:
    command: cat \${{inputs.x}} \${{inputs.y}} \${{inputs.z}}
    inputs:
      x: {type: uri_file, path: azureml://datastores/lake/paths/a.csv}
      y: {type: uri_file, path: "azureml://jobs/gone/outputs/o"}
      z:
        path: azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/pond/paths/b
`,
    );
    expect(places("far.yml")).toEqual([
      "far.yml:8:33 azureml://datastores/lake/paths/a.csv}",
      'far.yml:9:33 "azureml://jobs/gone/outputs/o"}',
      "far.yml:11:15 azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/pond/paths/b",
    ]);
    const { stderr } = rig.cli("validate", "far.yml");
    expect(stderr).toContain("far.yml:3:31: warning: there is no datastore sea in this workspace");
  });

  it("is the path of the input that has it, in the step, in the pipeline, and in a nested pipeline", () => {
    rig.write(
      "data.yml",
      `
type: pipeline
inputs:
  raw: {type: uri_file, path: "azureml:lost:3"}
jobs:
  a:
    command: cat \${{inputs.x}} \${{inputs.y}}
    inputs:
      x: \${{parent.inputs.raw}}
      y:
        type: uri_file
        path: azureml:lost@latest
  n:
    type: pipeline
    jobs:
      b:
        command: cat \${{inputs.x}}
        inputs: {x: {type: uri_file, path: "azureml:lost:5"}}
`,
    );
    expect(places("data.yml")).toEqual([
      'data.yml:4:31 "azureml:lost:3"}',
      "data.yml:12:15 azureml:lost@latest",
      'data.yml:18:44 "azureml:lost:5"}}',
    ]);
  });

  it("is the step where a component gave what is wrong, and the option where one did", () => {
    rig.write("some.csv", "1\n");
    rig.write(
      "given.yml",
      `
type: pipeline
inputs:
  raw: {type: uri_file, path: ./some.csv}
jobs:
  a:
    component: ./component.yml
    inputs: {x: "\${{parent.inputs.raw}}"}
`,
    );
    expect(places("given.yml")).toEqual(["given.yml:6:3 a:"]);
    const option = ["--input", "raw=azureml:lost:2"];
    expect(places("given.yml", ...option)).toEqual(["given.yml:6:3 a:"]);
    expect(rig.cli("validate", "given.yml", ...option).stderr).toContain(
      "error: --input raw: step a: input x: there is no data asset or model lost:2 in this workspace\n",
    );
  });

  it("is the field of a job of one step", () => {
    rig.write(
      "single.yml",
      "# one step\ntype: command\ncommand: cat ${{inputs.x}}\ninputs:\n  x: {type: uri_file, path: azureml:lost}\nenvironment: azureml:lost:3\n",
    );
    expect(places("single.yml")).toEqual([
      "single.yml:5:29 azureml:lost}",
      "single.yml:6:14 azureml:lost:3",
    ]);
  });

  it("is told of components, data, environments and models as of jobs", () => {
    const schema = "$schema: https://example.org/commandComponent.schema.json\n";
    rig.write("parts.yml", `${schema}name: p\ncode: ./nowhere\ncommand: echo \${{inputs.q}}\n`);
    rig.write("data.yml", "name: d\ntype: uri_file\npath: ./nothing.csv\nfoo: 1\n");
    rig.write("environment.yml", "name: e\nimage: x\nconda_file: ./none.yml\n");
    rig.write("model.yml", "name: m\ntype: custom_model\npath: ./component.yml\n");
    const lines = (file: string): readonly string[] =>
      places(file).map((one) => one.replace(/:\d+ .*/, ""));
    expect(lines("parts.yml")).toEqual(["parts.yml:3", "parts.yml:4"]);
    expect([...lines("data.yml")].sort()).toEqual(["data.yml:3", "data.yml:4"]);
    expect(lines("environment.yml")).toEqual(["environment.yml:3"]);
    const { code, stdout } = rig.cli("validate", "model.yml");
    expect([code, stdout]).toEqual([0, "model.yml is valid (model)\n"]);
  });

  it("is told in full once for an environment that several steps share, and at each of them", () => {
    const step = (name: string) =>
      `  ${name}: {command: ls ${name}, environment: azureml:lost:1}\n`;
    rig.write("shared.yml", `type: pipeline\njobs:\n${["a", "b", "c"].map(step).join("")}`);
    const { code, stderr } = rig.cli("validate", "shared.yml");
    expect(code).toBe(2);
    expect(stderr.match(/error: .*/g)).toEqual([
      "error: step a: No environment named lost is known.",
      "error: step b: No environment named lost is known, as told of step a",
      "error: step c: No environment named lost is known, as told of step a",
    ]);
    expect(stderr.match(/add to stepwell\.yml/g)).toHaveLength(1);
    expect(places("shared.yml")).toHaveLength(3);
  });

  it("is told of all mistakes at once: of the definition, and of what this machine lacks for it", () => {
    rig.write(
      "both.yml",
      `
type: pipeline
jobs:
  a:
    comand: cat x
    inputs: {x: {type: uri_file, path: "azureml:lost:3"}}
  b:
    command: cat \${{inputs.y}}
    environment: azureml:lost:1
    inputs: {far: {type: uri_file, path: "http://127.0.0.1:9/never-asked"}}
`,
    );
    const found = places("both.yml");
    expect(found).toContain("both.yml:5:5 comand: cat x");
    expect(found).toContain('both.yml:6:40 "azureml:lost:3"}}');
    expect(found.filter((one) => one.startsWith("both.yml:8:"))).toHaveLength(1);
    expect(found).toContain("both.yml:9:18 azureml:lost:1");
    expect(found.filter((one) => one.startsWith("both.yml:10"))).toEqual([]);
  });

  it("is told of a command that cannot be compiled beside other mistakes, and once of what it does not declare", () => {
    rig.write(
      "command.yml",
      `
type: pipeline
settings: {default_compute: azureml:nobody}
jobs:
  a:
    command: |
      echo $((\${{inputs.n}} + 1)) \${{inputs.lost}}
      cat <<END
      \${{inputs.n}}
      END
    inputs: {n: 1}
`,
    );
    const lines = places("command.yml").map((one) => one.replace(/ .*/, ""));
    expect(lines.sort()).toEqual(
      ["3:29", "7:15", "7:35", "9:7"].map((place) => `command.yml:${place}`),
    );
  });

  it("is told once of a path that is not there, in a datastore too, beside other mistakes", () => {
    rig.write(
      "inner.yml",
      `
type: pipeline
name: inner
inputs: {x: {type: uri_file}}
jobs:
  reads: {command: "cat \${{inputs.x}}", code: ./nowhere, inputs: {x: "\${{parent.inputs.x}}"}}
`,
    );
    rig.write(
      "paths.yml",
      `
type: pipeline
settings: {default_compute: azureml:nobody}
jobs:
  a: {component: ./inner.yml, inputs: {x: {type: uri_file, path: ./gone.csv}}}
  b:
    command: cat \${{inputs.x}}
    inputs: {x: {type: uri_file, path: "azureml://datastores/workspaceblobstore/paths/gone.csv"}}
`,
    );
    const lines = places("paths.yml").map((one) => one.replace(/:\d+ .*/, ""));
    expect(lines.sort()).toEqual(["inner.yml:6", "paths.yml:3", "paths.yml:5", "paths.yml:8"]);
  });

  it("is the command that starts a script which its code lacks, in a component's file too", () => {
    rig.write("code/trian.py", "");
    rig.write("starts.yml", "type: command\nname: s\ncode: ./code\ncommand: python train.py\n");
    rig.write("calls.yml", "type: pipeline\njobs: {a: {component: ./starts.yml}}\n");
    const { code, stderr } = rig.cli("validate", "calls.yml");
    const told = "starts.yml:4:10: warning: step a: the command starts train.py, which is not in";
    expect([code, stderr]).toEqual([0, expect.stringContaining(told)]);
    expect(stderr).toContain("Did you mean `trian.py`?");
  });

  it("is a build context that is not there; an address is none of this machine's", () => {
    rig.write("context.yml", "name: e\nbuild: {path: ./nowhere}\n");
    expect(places("context.yml")).toEqual(["context.yml:2:15 ./nowhere}"]);
    expect(rig.cli("environment", "create", "context.yml").code).toBe(2);
    const address = "build: {path: git+https://example.org/context.git}";
    rig.write("elsewhere.yml", `type: command\ncommand: ls\nenvironment: {${address}}\n`);
    expect(rig.cli("validate", "elsewhere.yml").code).toBe(0);
  });
});
