import { expect, it } from "vitest";
import type { Graph } from "../../spec/graph.ts";
import { loaded } from "../../testing/loaded-job.ts";
import { copiesInCode } from "./copies-in-code.ts";

/** What is said of a copy at `place`, as `step: names of its readers`. `ignored` is. */
function said(place: string, ignored = "nothing", type = "uri_folder"): readonly string[] {
  const { graph } = loaded(
    `
type: pipeline
jobs:
  train:
    command: "echo > \${{outputs.m}}"
    code: ./code
    outputs: {m: {type: ${type}, path: "${place}"}}
  report: {command: ls, code: ./other, additional_includes: [./lib]}
  plain: {command: ls}
`,
    { files: { "code/a.py": "", "other/b.py": "", "lib/c.py": "" } },
  );
  const rule = { rule: ignored, file: null, line: null, path: "" };
  const contents = {
    ignored: (_: unknown, path: string, kind?: string | null) =>
      `${path}${kind === "folder" ? "/" : ""}` === ignored ? rule : null,
  };
  return copiesInCode(contents, graph as Graph).map(({ message, severity, code }) => {
    expect([severity, code]).toEqual(["warning", "copy_in_code"]);
    const [, step, readers] = /^step (\w+): .* of the code of (.*): each/.exec(message) ?? [];
    return `${step}: ${readers}`;
  });
}

it("warns of a copy of an output that goes into a code folder", () => {
  expect(said("./code/models")).toEqual(["train: train"]);
  expect(said("./code")).toEqual(["train: train"]);
  expect(said("./lib/models/${{name}}/x")).toEqual(["train: report"]);
});

it("warns of no copy that goes elsewhere, or that an ignore file leaves out", () => {
  for (const place of ["./models", "./code-2", ".", "azureml://datastores/lake/paths/models"])
    expect(said(place)).toEqual([]);
  expect(said("./code/models", "models/")).toEqual([]);
  expect(said("./code/models/", "models/", "uri_file")).toEqual([]);
});

it("asks the ignore files about the place that a run fills its name in", () => {
  const model = "model-${" + "{name}}";
  expect(said(`./code/${model}`, "model-job-1/")).toEqual([]);
  expect(said(`./code/${model}.bin`, "model-job-1.bin", "uri_file")).toEqual([]);
  expect(said(`./code/${model}`, "model/")).toEqual(["train: train"]);
});
