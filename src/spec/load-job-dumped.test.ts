import { expect, it } from "vitest";
import { findings, loaded } from "../testing/loaded-job.ts";

// What `dump` of Azure's Python client writes of a pipeline that was built in Python.

const JOB = `display_name: words
inputs:
  k: 4
  raw:
    path: azureml:RAW
    type: uri_file
jobs:
  count:
    component:
      code: /project/src
      command: python count.py \${{inputs.i}} \${{inputs.k}} \${{outputs.o}}
      environment: azureml:words@latest
      inputs:
        i:
          type: uri_file
        k:
          default: '2'
          type: integer
      name: count
      outputs:
        o:
          type: uri_file
      type: command
    environment: ENVIRONMENT
    inputs:
      i:
        path: \${{parent.inputs.raw}}
      k:
        path: \${{parent.inputs.k}}
    outputs:
      o: \${{parent.outputs.n}}
    type: command
outputs:
  n:
    type: uri_file
settings:
  default_compute: azureml:local
type: pipeline
`;

const dumped = (raw: string, environment = "azureml:words@latest") =>
  loaded(JOB.replace("RAW", raw).replace("ENVIRONMENT", environment), {
    folders: ["src"],
    files: { "data/raw.txt": "" },
  });

it.each([
  ["./data/raw.txt", { kind: "local", path: "/project/data/raw.txt" }],
  ["/project/data/raw.txt", { kind: "local", path: "/project/data/raw.txt" }],
  ["https://a.example/raw.txt", { kind: "url", url: "https://a.example/raw.txt" }],
])("is read with nothing to say against it: azureml:%s", (raw, reference) => {
  const job = dumped(raw);
  expect(findings(job)).toEqual([]);
  expect(job.graph?.steps[0]).toMatchObject({
    path: "count",
    command: expect.stringContaining("python count.py"),
    environment: { kind: "asset", name: "words" },
    inputs: { i: { source: { reference } }, k: { source: { literal: { text: "4" } } } },
  });
});

it("is warned of where the node and its component name two environments", () => {
  expect(findings(dumped("./data/raw.txt", "azureml:other@latest"))).toEqual([
    "warning not_read 24:5",
  ]);
});

it("says which path is missing", () => {
  expect(findings(dumped("../raw.txt"))).toEqual(["error missing_path 5:11"]);
});
