import { describe, expect, it } from "vitest";
import { bareName, parseAssetName } from "./asset-name.ts";
import { parseDataReference } from "./data-reference.ts";

describe("parseDataReference", () => {
  const long =
    "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/blob/paths/a/b.csv";
  it.each([
    ["./data", { kind: "local", path: "/project/data" }],
    ["data/a.csv", { kind: "local", path: "/project/data/a.csv" }],
    ["../x", { kind: "local", path: "/x" }],
    ["file:./x", { kind: "local", path: "/project/x" }],
    ["file:///abs/x", { kind: "local", path: "/abs/x" }],
    ["/abs/x", { kind: "local", path: "/abs/x" }],
    ["azureml:d:3", { kind: "asset", name: "d", version: "3", label: null }],
    ["azureml:d@prod", { kind: "asset", name: "d", version: null, label: "prod" }],
    ["azureml:d@latest", { kind: "asset", name: "d", version: null, label: null }],
    ["azureml:d", { kind: "asset", name: "d", version: null, label: null }],
    [
      "azureml://registries/r/data/d/versions/2",
      { kind: "asset", name: "d", version: "2", label: null },
    ],
    ["azureml://datastores/blob/paths/a/b", { kind: "datastore", datastore: "blob", path: "a/b" }],
    ["azureml://datastores/blob/paths", { kind: "datastore", datastore: "blob", path: "" }],
    [
      "azureml://datastores/blob/pathsim/a",
      { kind: "datastore", datastore: "blob", path: "pathsim/a" },
    ],
    [
      "azureml://datastores/blob/paths/${{name}}/o",
      { kind: "datastore", datastore: "blob", path: "${{name}}/o" },
    ],
    [
      "azureml://datastores/${{default_datastore}}/paths/o",
      { kind: "datastore", datastore: "${{default_datastore}}", path: "o" },
    ],
    ["azureml:./x/a.csv", { kind: "local", path: "/project/x/a.csv" }],
    ["azureml:../x", { kind: "local", path: "/x" }],
    ["azureml:/abs/x", { kind: "local", path: "/abs/x" }],
    ["azureml:https://x.org/a.csv", { kind: "url", url: "https://x.org/a.csv" }],
    [
      "azureml:wasbs://c@a.blob.core.windows.net/x",
      { kind: "url", url: "wasbs://c@a.blob.core.windows.net/x" },
    ],
    [long, { kind: "datastore", datastore: "blob", path: "a/b.csv" }],
    ["azureml://jobs/run1/outputs/model", { kind: "run_output", run: "run1", output: "model" }],
    [
      "azureml://jobs/run1/outputs/model/paths/a/b.pkl",
      { kind: "run_output", run: "run1", output: "model", path: "a/b.pkl" },
    ],
    [
      "azureml://jobs/run1/outputs/model/paths/",
      { kind: "run_output", run: "run1", output: "model" },
    ],
    ["https://x.org/a.csv", { kind: "url", url: "https://x.org/a.csv" }],
    [
      "wasbs://c@a.blob.core.windows.net/x",
      { kind: "url", url: "wasbs://c@a.blob.core.windows.net/x" },
    ],
  ])("reads %s", (text, reference) => {
    expect(parseDataReference(text, "/project")).toEqual({ reference });
  });

  it.each(["", "azureml:"])("reads what Azure's tools print as an id, after %j", (prefix) => {
    const group = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices";
    expect(parseDataReference(`${prefix}${group}/workspaces/w/data/d/versions/2`, "/p")).toEqual({
      reference: { kind: "asset", name: "d", version: "2", label: null },
    });
  });

  it.each([
    "",
    " ",
    "azureml:a:b:c",
    "azureml:a/b",
    "azureml:ftp://x/y",
    "azureml:/subscriptions/s/resourceGroups/g/providers/p/workspaces/w",
    "azureml://jobs/x",
    "azureml://jobs/x/outputs/o/pathsim",
    "ftp://x/y",
    "s3://",
    "runs:/0123abc/model",
    "models:/trees/1",
    "/subscriptions/s/resourceGroups/g/providers/p/workspaces/w",
    "https:///",
    "azureml://nothing",
  ])("refuses %j", (text) => {
    expect(parseDataReference(text, "/project")).toHaveProperty("mistake");
  });
});

describe("asset names", () => {
  it("reads registry names of every kind", () => {
    const name = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest";
    expect(parseAssetName(name)).toEqual({
      name: "sklearn-1.5",
      version: null,
      label: null,
      registry: "azureml",
    });
    expect(parseAssetName("azureml://registries/r/components/c")).toMatchObject({ name: "c" });
    expect(parseAssetName("sklearn:1")).toBeNull();
    const id = "/subscriptions/s/resourceGroups/g/providers/p/workspaces/w/components/c/versions/1";
    expect(parseAssetName(`azureml:${id}`)).toMatchObject({ name: "c", version: "1" });
  });

  it("strips what stands before a compute's name", () => {
    expect(bareName("azureml:cpu-cluster")).toBe("cpu-cluster");
    expect(bareName("local")).toBe("local");
    expect(bareName("azureml:/subscriptions/s/computes/gpu")).toBe("gpu");
  });
});
