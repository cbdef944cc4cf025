// Where copies of outputs go is known before anything runs, and so is what is wrong with it.

import { afterEach, beforeEach, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

let rig: Rig;

beforeEach(() => {
  rig = makeRig("output-places");
});

afterEach(() => rig.remove());

const step = (inside = "") => `command: 'echo 1 > \${{outputs.o}}${inside}'`;

it("refuses a datastore that is not there, at the path that names it", () => {
  rig.write(
    "lake.yml",
    `
type: pipeline
outputs:
  best: {type: uri_file, path: azureml://datastores/sea/paths/best}
jobs:
  a: {${step()}, outputs: {o: {type: uri_file, path: "azureml://datastores/lake/paths/a"}}}
  b: {${step()}, outputs: {o: "\${{parent.outputs.best}}"}}
`,
  );
  const { code, stderr } = rig.cli("run", "lake.yml");
  expect(code).toBe(2);
  expect(stderr).toContain(
    "lake.yml:6:79: error: step a: output o: there is no datastore lake in this workspace",
  );
  expect(stderr).toContain(
    "lake.yml:4:32: error: step b: output o: there is no datastore sea in this workspace",
  );
  rig.write("stepwell.yml", "datastores: {lake: {type: file, path: ./lake}}\n");
  const until = rig.cli("run", "lake.yml", "--until", "a");
  expect([until.code, until.stderr]).toEqual([0, expect.stringContaining("warning: step b:")]);
  expect(rig.read("lake/a")).toBe("1\n");
});

it("warns of two files whose copies go to one place, and of no folders", () => {
  rig.write(
    "same.yml",
    `
type: pipeline
jobs:
  a: {${step()}, outputs: {o: {type: uri_file, path: "./out/\${{name}}/x"}}}
  b: {${step()}, outputs: {o: {type: uri_file, path: "./out/\${{name}}/y/../x"}}}
  c: {${step()}, outputs: {o: {type: uri_file, path: "./out/\${{name}}/\${{output_name}}"}}}
  d: {${step("/f")}, outputs: {o: {type: uri_folder, path: ./all}}}
  e: {${step("/g")}, outputs: {o: {type: uri_folder, path: ./all}}}
`,
  );
  const { code, stderr } = rig.cli("validate", "same.yml");
  expect(code).toBe(0);
  expect(stderr.match(/same\.yml:\d+:\d+: .*/g)).toEqual([
    "same.yml:5:79: warning: step b: output o: its copy goes to the same place as that of a.o, and the later one stays",
  ]);
});
