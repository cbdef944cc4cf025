import { describe, expect, it } from "vitest";
import { loaded } from "../testing/loaded-job.ts";
import { memoryReader } from "../testing/memory-reader.ts";
import { type AssetKind, loadAsset } from "./load-asset.ts";

const FILE = "/assets/x.yml";

function read(kind: AssetKind, text: string, files: Record<string, string> = {}) {
  const reader = memoryReader({ files: { ...files, [FILE]: text }, folders: ["/assets/data"] });
  return loadAsset(kind, FILE, reader);
}

function codes(kind: AssetKind, text: string): readonly string[] {
  const { asset, problems } = read(kind, text);
  if (problems.some((one) => one.severity === "error")) expect(asset).toBeNull();
  return problems.map((one) => one.code);
}

describe("loadAsset", () => {
  it("reads data", () => {
    const { asset, problems } = read(
      "data",
      "name: d\nversion: 01\ntype: uri_folder\npath: ./data\ndescription: some\ntags: {a: 1}\n",
    );
    expect(problems).toEqual([]);
    expect(asset).toMatchObject({
      kind: "data",
      name: "d",
      version: "1",
      type: "uri_folder",
      description: "some",
      tags: { a: "1" },
      path: { kind: "local", path: "/assets/data" },
      environment: null,
    });
  });

  it("reads models, also from the output of a run", () => {
    const { asset } = read(
      "model",
      "name: m\ntype: mlflow_model\npath: azureml://jobs/r1/outputs/model\n",
    );
    expect(asset).toMatchObject({
      version: null,
      type: "mlflow_model",
      path: { kind: "run_output", run: "r1", output: "model" },
    });
    expect(read("model", "name: m\npath: ./data").asset?.type).toBe("custom_model");
  });

  it("reads environments with the files that they name", () => {
    const { asset } = read("environment", "name: e\nimage: ubuntu\nconda_file: conda.yml\n", {
      "/assets/conda.yml": "dependencies: [pip]",
    });
    expect(asset).toMatchObject({
      type: null,
      path: null,
      environment: {
        kind: "inline",
        name: "e",
        image: "ubuntu",
        conda: { path: "/assets/conda.yml", content: { dependencies: ["pip"] } },
      },
    });
  });

  it("keeps of a component what reading it again needs", () => {
    const text =
      "name: c\nversion: 2\ntype: command\ncommand: echo ${{inputs.x}}\ncode: ./data\ninputs: {x: {type: integer, default: 3}}\n";
    const { asset, problems } = read("component", text);
    expect(problems).toEqual([]);
    if (asset === null) throw new Error("there is no asset");
    expect(asset).toMatchObject({ name: "c", version: "2", type: "command" });
    const registered = {
      version: "2",
      definition: asset.text,
      baseFolder: asset.baseFolder,
      file: null,
      place: "azureml:c:2",
      reference: "c:2",
    };
    const job = loaded("type: pipeline\njobs: {a: {component: azureml:c:2}}", {
      components: { "c:2": registered },
    });
    expect(job.graph ?? job.problems.map((one) => one.code)).toEqual(["missing_path"]);
    const reader = memoryReader({
      files: { "/j.yml": "type: pipeline\njobs: {a: {component: azureml:c}}" },
      folders: ["/assets/data"],
      components: { "c:2": registered },
    });
    const found = loaded("", { options: { file: "/j.yml", reader } });
    expect(found.graph?.steps[0]).toMatchObject({
      component: "c:2",
      code: { path: "/assets/data" },
      inputs: { x: { source: { literal: { text: "3" } } } },
    });
  });

  it("identifies a definition by what it says, not by its order, names or words", () => {
    const one = read(
      "component",
      "name: c\nversion: 1\ndescription: a\ncommand: ls\nis_deterministic: true\n",
    ).asset;
    const two = read(
      "component",
      "is_deterministic: yes\ncommand: 'ls'\nname: d\ntags: {x: y}\n",
    ).asset;
    expect(JSON.stringify(two?.definition)).toBe(JSON.stringify(one?.definition));
    expect(
      JSON.stringify(read("component", "name: c\ncommand: ls -l\n").asset?.definition),
    ).not.toBe(JSON.stringify(one?.definition));
  });

  it("identifies a definition by its numbers as a command receives them", () => {
    const command = "name: c\ncommand: ls\nenvironment_variables: {N: ";
    const [whole, float, small, text] = ["1", "1.0", "1.0e-5", "0.00001"].map((number) =>
      JSON.stringify(read("component", `${command}${number}}\n`).asset?.definition),
    );
    expect(float).not.toBe(whole);
    expect(text).toBe(small);
  });

  it.each([
    ["data", "name: d\n", ["missing_field"]],
    ["data", "path: ./data\n", ["missing_field"]],
    ["data", "name: d\npath: ./nothing\n", ["missing_path"]],
    ["data", "name: d\npath: azureml:a:b:c\n", ["bad_data_reference"]],
    ["data", "name: d\npath: ./data\ntype: uri\n", ["unknown_value"]],
    ["data", "name: ../d\npath: ./data\n", ["bad_name"]],
    ["model", "name: m\nflavours: {}\npath: ./data\n", ["unknown_key"]],
    ["environment", "name: e\nconda_file: nothing.yml\n", ["unreadable_file"]],
    ["environment", "image: x\n", ["missing_field"]],
    ["component", "command: ls\n", ["missing_field"]],
    ["component", "name: c\ntype: odd\n", ["unknown_kind"]],
    ["component", "name: c\ncommand: ls ${{inputs.x}}\n", ["undeclared_input"]],
    ["component", "- a", ["not_a_mapping"]],
  ] as const)("reports a %s that says %j", (kind, text, expected) => {
    expect(codes(kind, text)).toEqual(expected);
  });
});
