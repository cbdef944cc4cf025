import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { layOutMlflowStore, readMlflowStore } from "./mlflow-store.ts";

let folder: string;
beforeEach(() => {
  folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-mlflow-")), "a store");
});
afterEach(() => fs.rmSync(path.dirname(folder), { recursive: true, force: true }));

const options = {
  experimentName: 'it\'s "one": x',
  runName: "run.train",
  now: 1700000000000,
  id: "abc1",
};

/** Writes what MLflow's file store writes for one logged value. */
function write(name: string, text: string, run = options.id): void {
  const file = path.join(folder, "1", run, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.appendFileSync(file, text);
}

describe("the MLflow store of an attempt", () => {
  it("names itself to MLflow by a URI that keeps blanks", () => {
    const variables = layOutMlflowStore(folder, options);
    expect(variables.MLFLOW_TRACKING_URI).toMatch(/^file:\/\/\/.*a%20store$/);
    expect(variables).toMatchObject({ MLFLOW_RUN_ID: "abc1", MLFLOW_ALLOW_FILE_STORE: "true" });
  });

  it("gives the latest value of each metric, names with slashes included", () => {
    layOutMlflowStore(folder, options);
    write("metrics/loss", "1700 0.5 0\n1701 0.25 2\n1702 0.3 1\n");
    write("metrics/twice", "1700 1 0\n1700 2 0\n");
    write("metrics/val/acc", "1700 0.9 0 data digest\n");
    write("params/model/alpha", "0.1");
    expect(readMlflowStore(folder)).toMatchObject({
      metrics: [
        { name: "loss", value: 0.25, step: 2, at: 1701 },
        { name: "twice", value: 2 },
        { name: "val/acc", value: 0.9 },
      ],
      parameters: { "model/alpha": "0.1" },
      tags: { "mlflow.runName": "run.train" },
    });
  });

  it("leaves out values that are no numbers and lines that are half written", () => {
    layOutMlflowStore(folder, options);
    write("metrics/loss", "1700 nan 0\n1701 0.25 1\n17");
    expect(readMlflowStore(folder)).toMatchObject({ metrics: [{ value: 0.25 }], warnings: [] });
  });

  it("names a metric that ended as no number", () => {
    layOutMlflowStore(folder, options);
    write("metrics/loss", "1700 0.25 0\n1701 nan 1\n");
    write("metrics/top", "1700 -inf 0\n");
    expect(readMlflowStore(folder)).toMatchObject({
      metrics: [{ name: "loss", value: 0.25 }],
      warnings: [
        "metric loss is NaN, which is no number: it was left out",
        "metric top is -Infinity, which is no number: it was left out",
      ],
    });
  });

  it("does not take the metrics of nested runs for those of the step", () => {
    layOutMlflowStore(folder, options);
    write("metrics/loss", "1700 0.5 0\n");
    write("meta.yaml", "start_time: 1\n", "child");
    write("tags/mlflow.parentRunId", options.id, "child");
    write("metrics/loss", "1800 9 0\n", "child");
    expect(readMlflowStore(folder).metrics).toMatchObject([{ value: 0.5 }]);
  });

  it("takes a run of the user's own when nothing was logged to the one laid out", () => {
    layOutMlflowStore(folder, options);
    write("meta.yaml", "start_time: 1\n", "own");
    write("metrics/loss", "1800 9 0\n", "own");
    expect(readMlflowStore(folder).metrics).toMatchObject([{ value: 9 }]);
  });

  it("says that runs beside the step's own logged what is not recorded", () => {
    layOutMlflowStore(folder, options);
    write("metrics/loss", "1700 0.5 0\n");
    for (const run of ["second", "third", "silent"]) write("meta.yaml", "start_time: 1\n", run);
    for (const run of ["second", "third"]) write("metrics/loss", "1800 9 0\n", run);
    expect(readMlflowStore(folder)).toMatchObject({
      metrics: [{ value: 0.5 }],
      warnings: [expect.stringMatching(/^2 more MLflow runs beside the step's own .* to one run$/)],
    });
  });

  it("reads a store that is not there as empty", () => {
    expect(readMlflowStore(folder)).toEqual({
      metrics: [],
      parameters: {},
      tags: {},
      warnings: [],
    });
  });
});
