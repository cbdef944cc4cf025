import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mlflowArtifacts, registeredByMlflow } from "./mlflow-artifacts.ts";
import { layOutMlflowStore, readMlflowStore } from "./mlflow-store.ts";

let store: string;
beforeEach(() => {
  store = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-mlflow-")), "store");
  layOutMlflowStore(store, { experimentName: "e", runName: "r", now: 1, id: "main" });
});
afterEach(() => fs.rmSync(path.dirname(store), { recursive: true, force: true }));

/** Writes what MLflow's file store writes. */
function write(name: string, ...lines: readonly string[]): void {
  const file = path.join(store, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${lines.join("\n")}\n`);
}

/** Paths in the store. */
function left(): Record<string, string> {
  const found = mlflowArtifacts(store).map(({ folder, as }) => [path.relative(store, folder), as]);
  return Object.fromEntries(found) as Record<string, string>;
}

describe("artifacts that MLflow kept", () => {
  it("are those of the step's own run, not of nested ones, and none where nothing was logged", () => {
    expect(left()).toEqual({});
    write("1/main/metrics/loss", "1 0.5 0");
    write("1/main/artifacts/model/MLmodel", "flavors: {}");
    write("1/child/meta.yaml", "start_time: 2");
    write("1/child/tags/mlflow.parentRunId", "main");
    write("1/child/artifacts/x.txt", "x");
    expect(left()).toEqual({ "1/main/artifacts": "" });
  });

  it("have models of MLflow 3 under their names, the newest first, and none under a name that is a path", () => {
    write("1/main/metrics/loss", "1 0.5 0");
    const model = (id: string, name: string, run: string, at: number) => {
      const lines = [`creation_timestamp: ${at}`, `name: ${name}`, `source_run_id: ${run}`];
      write(`1/models/${id}/meta.yaml`, ...lines);
      write(`1/models/${id}/artifacts/MLmodel`, "flavors: {}");
    };
    model("m-1", "credit", "main", 1);
    model("m-2", "credit", "main", 2);
    model("m-3", "'5'", "null", 0);
    model("m-4", "other", "child", 3);
    model("m-5", "../../up", "main", 4);
    model("m-6", "..", "main", 5);
    expect(left()).toEqual({
      "1/models/m-2/artifacts": "credit",
      "1/models/m-1/artifacts": "credit",
      "1/models/m-3/artifacts": "5",
    });
    expect(Object.values(left())).toHaveLength(3);
    expect(mlflowArtifacts(store)[0]?.folder).toContain("m-2");
  });
});

it("what was logged is read once, for its numbers, and not to find what else there is", () => {
  write("1/main/metrics/loss", "1 0.5 0");
  write("1/main/artifacts/a.txt", "a");
  const spies = [vi.spyOn(fs, "readFileSync"), vi.spyOn(fs, "openSync")];
  const files = () => spies.flatMap((spy) => spy.mock.calls.map(([file]) => `${file}`));
  const ofMetrics = () => files().filter((file) => file.includes("/metrics/"));
  try {
    expect(left()).toEqual({ "1/main/artifacts": "" });
    expect(registeredByMlflow(store)).toEqual([]);
    expect(ofMetrics()).toEqual([]);
    expect(readMlflowStore(store).metrics).toMatchObject([{ name: "loss", value: 0.5 }]);
    expect(ofMetrics()).toHaveLength(1);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
});

describe("models that MLflow registered", () => {
  it("say where they lie among the artifacts, by MLflow 2 and 3, else nothing", () => {
    expect(registeredByMlflow(store)).toEqual([]);
    write("1/main/metrics/loss", "1 0.5 0");
    write("1/models/m-1/meta.yaml", "creation_timestamp: 1", "name: credit", "source_run_id: main");
    const version = (name: string, number: number, source: string) =>
      write(`models/${name}/version-${number}/meta.yaml`, `source: ${source}`);
    version("two", 2, "file:///s/1/main/artifacts/a/b");
    version("two", 10, "file:///s/1/main/artifacts/model");
    version("three", 1, "models:/m-1");
    version("else", 1, "file:///s/1/child/artifacts/model");
    write("models/empty/meta.yaml", "name: empty");
    expect([...registeredByMlflow(store)].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: "else", path: null },
      { name: "three", path: "credit" },
      { name: "two", path: "model" },
    ]);
  });
});
