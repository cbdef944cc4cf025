// The laid-out store under the real MLflow, oldest and newest that people use. Needs uv and the package index.

import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mlflowArtifacts, registeredByMlflow } from "./mlflow-artifacts.ts";
import { layOutMlflowStore, readMlflowStore } from "./mlflow-store.ts";

const uv = spawnSync("uv", ["--version"]).status === 0;
if (!uv) console.warn("SKIPPED: uv is not on PATH, so the MLflow store is not tried with MLflow");

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-mlflow-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!uv).each([
  ["2.18", ["mlflow-skinny==2.18.*", "scikit-learn==1.5.*", "pandas<2.3", "numpy<2"]],
  ["3.17", ["mlflow-skinny==3.17.*", "scikit-learn", "skops", "pandas<3"]],
])("MLflow %s", (version, packages) => {
  let python: string;
  let count = 0;
  beforeAll(() => {
    const venv = path.join(folder, `venv-${version}`);
    python = path.join(venv, "bin", "python");
    execFileSync("uv", ["venv", "-q", "--python", "3.11", "--no-python-downloads", venv]);
    execFileSync("uv", ["pip", "install", "-q", "--python", python, ...packages]);
  });

  function run(...lines: string[]) {
    count += 1;
    const store = path.join(folder, `store ${version} ${count}`);
    const variables = layOutMlflowStore(store, {
      experimentName: "an experiment",
      runName: "run.step",
      now: Date.now(),
      id: `x${count}`.padEnd(20, "0"),
    });
    const cwd = fs.mkdtempSync(path.join(folder, "work-"));
    const done = spawnSync(python, ["-c", ["import mlflow", ...lines].join("\n")], {
      cwd,
      env: { PATH: process.env.PATH ?? "", HOME: cwd, ...variables },
      encoding: "utf8",
    });
    expect(done.status, done.stderr).toBe(0);
    expect(fs.existsSync(path.join(cwd, "mlruns"))).toBe(false);
    const left = mlflowArtifacts(store).map(({ folder: from, as }) => [as, fs.readdirSync(from)]);
    const registered = registeredByMlflow(store);
    return { ...readMlflowStore(store), stdout: done.stdout, left, registered };
  }

  it("keeps files and models where they are found again", () => {
    const { left, registered } = run(
      "from sklearn.linear_model import LinearRegression",
      "model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])",
      "mlflow.log_text('hi', 'notes.txt')",
      "mlflow.sklearn.log_model(model, 'credit', registered_model_name='credit_model')",
    );
    const names = left.flatMap(([as, files]) => (as === "" ? files : [as]));
    expect(names).toEqual(expect.arrayContaining(["notes.txt", "credit"]));
    expect(registered).toEqual([{ name: "credit_model", path: "credit" }]);
  });

  it("logs without start_run", () => {
    const logged = run(
      "mlflow.log_metric('loss', 0.5, step=1)",
      "mlflow.log_metric('loss', 0.25, step=2)",
      "mlflow.log_param('alpha', 0.1)",
      "mlflow.set_tag('kind', 'test')",
    );
    expect(logged.metrics).toMatchObject([
      { name: "loss", value: 0.5, step: 1 },
      { name: "loss", value: 0.25, step: 2 },
    ]);
    expect(logged.parameters).toEqual({ alpha: "0.1" });
    expect(logged.tags).toMatchObject({ kind: "test", "mlflow.runName": "run.step" });
  });

  it("takes the laid-out run at start_run, and keeps nested runs apart", () => {
    const logged = run(
      "import os; expected = os.environ['MLFLOW_RUN_ID']",
      "with mlflow.start_run() as r:",
      "    assert r.info.run_id == expected, (r.info.run_id, expected)",
      "    mlflow.log_metric('outer', 1)",
      "    with mlflow.start_run(nested=True, run_name='child'):",
      "        mlflow.log_metric('inner', 2)",
      "    mlflow.log_text('hello', 'note.txt')",
    );
    expect(logged.metrics.map(({ name }) => name)).toEqual(["outer"]);
  });

  it("stays in the experiment that has its name", () => {
    const logged = run(
      "mlflow.set_experiment('an experiment')",
      "with mlflow.start_run():",
      "    mlflow.log_metrics({'a': 1, 'b/c': 2})",
      "print(mlflow.get_experiment_by_name('an experiment').experiment_id)",
    );
    expect(logged.stdout.trim()).toBe("1");
    expect(logged.metrics.map(({ name }) => name).sort()).toEqual(["a", "b/c"]);
  });

  it("takes what autolog logs", () => {
    const logged = run(
      "mlflow.sklearn.autolog(log_models=False, log_datasets=False)",
      "from sklearn.linear_model import LogisticRegression",
      "from sklearn.datasets import load_iris",
      "X, y = load_iris(return_X_y=True)",
      "LogisticRegression(max_iter=500).fit(X, y)",
    );
    expect(logged.metrics.map(({ name }) => name)).toContain("training_accuracy_score");
    expect(logged.parameters).toMatchObject({ max_iter: "500" });
  });
});
