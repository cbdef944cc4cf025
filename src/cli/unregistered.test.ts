// A project written for an Azure ML workspace names what its own files define: each is to be registered once.

import { afterEach, beforeEach, expect, it } from "vitest";
import { makeRig, type Rig } from "../testing/rig.ts";

let rig: Rig;

beforeEach(() => {
  rig = makeRig("unregistered");
});

afterEach(() => rig.remove());

it("is told with the commands that register it, all at once, and runs after them", () => {
  rig.write(
    "parts/show.yml",
    "name: show\ntype: command\ncommand: cat ${{inputs.x}}\ninputs: {x: {type: uri_file}}\n",
  );
  rig.write("parts/env.yml", "name: plain\nimage: ubuntu\n");
  rig.write("parts/table.yml", "name: table\ntype: uri_file\npath: table.csv\n");
  rig.write("parts/table.csv", "1\n");
  rig.write(
    "pipeline.yml",
    `type: pipeline
settings: {default_compute: azureml:local}
inputs: {table: {type: uri_file, path: azureml:table:4}}
jobs:
  a: {component: azureml:show@latest, inputs: {x: "\${{parent.inputs.table}}"}}
  b: {command: "cat \${{inputs.x}}", environment: azureml:plain@latest, inputs: {x: "\${{parent.inputs.table}}"}}
`,
  );
  // Also where there is no workspace yet.
  expect(rig.cli("plan").stderr).toContain("stepwell component create parts/show.yml");
  const refused = rig.cli("run");
  expect(refused.code).toBe(2);
  const told = refused.stderr.match(/stepwell \w+ create \S+\.yml(?: --version \d+)?/g) ?? [];
  expect([...new Set(told)].toSorted()).toEqual([
    "stepwell component create parts/show.yml",
    "stepwell data create parts/table.yml --version 4",
    "stepwell environment create parts/env.yml",
  ]);
  for (const line of told) expect(rig.cli(...line.split(" ").slice(1)).code).toBe(0);
  expect(rig.cli("run").code).toBe(0);
});
