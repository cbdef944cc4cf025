import fs from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, exited, makeRig, type Rig } from "./rig.ts";

// What an attempt had logged when it failed, was stopped or could not be taken: shown, compared, and never a result.

let rig: Rig;

/** Logs a loss as MLflow's file store keeps it, another metric beside it, and ends as it is told. */
const TRAIN = `
import json, os, pathlib, sys, time
run = pathlib.Path(os.environ["MLFLOW_TRACKING_URI"][7:], os.environ["MLFLOW_EXPERIMENT_ID"], os.environ["MLFLOW_RUN_ID"])
(run / "metrics" / "loss").write_text("1 0.5 39\\n2 0.25 40\\n")
(run / "params" / "lr").write_text("0.1")
with open(os.environ["STEPWELL_METRICS"], "a") as file:
    file.write(json.dumps({"name": "epoch", "value": 40}) + "\\n")
print("logged", flush=True)
if sys.argv[1] == "wait":
    open(sys.argv[2], "w").close()
    time.sleep(600)
sys.exit(int(sys.argv[1]))
`;

const MARK = " (of an attempt that did not succeed)";

beforeAll(() => {
  rig = makeRig("failed-metrics");
  rig.write("code/mlflow_train.py", TRAIN);
  job("job", "3");
});

afterAll(() => rig.remove());

function job(name: string, how: string, more = ""): void {
  const there = rig.at(`${name}.there`);
  rig.write(
    `${name}.yml`,
    `type: pipeline
display_name: ${name}
settings: {default_compute: azureml:local}
jobs:
  train:
    code: ./code
    command: python3 mlflow_train.py \${{inputs.how}} ${there}
    inputs: {how: "${how}"}
${more}`,
  );
}

it("a step that failed shows what it had logged, in JSON and in words", () => {
  const ended = rig.cli("run", "job.yml", "--name", "failed", "--no-logs");
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain(`  train.loss  0.25${MARK}`);
  const [train] = rig.run("show", "failed").steps;
  expect(train).toMatchObject({
    status: "Failed",
    metrics: { loss: 0.25, epoch: 40 },
    parameters: { lr: "0.1" },
  });
  expect(rig.cli("show", "failed").stdout).toContain(`metric train.epoch  40${MARK}\n`);
  expect(rig.cli("show", "failed", "train").stdout).toContain(`metric loss  0.25${MARK}\n`);
});

it("it is no result: the step runs again, and the difference says whose values they are", () => {
  expect(JSON.parse(rig.cli("plan", "job.yml", "--json").stdout).counts.run).toBe(1);
  const good = rig.run("run", "job.yml", "--name", "good", "--set", "jobs.train.inputs.how=0");
  expect(good.steps[0]?.metrics).toEqual({ loss: 0.25, epoch: 40 });
  expect(rig.cli("show", "good").stdout).toContain("metric train.loss  0.25\n");
  rig.write("code/mlflow_train.py", TRAIN.replace("0.25 40", "0.125 40"));
  expect(rig.cli("run", "job.yml", "--name", "worse").code).toBe(1);
  const { steps } = JSON.parse(rig.cli("diff", "good", "worse", "--json").stdout);
  expect(steps[0]).toMatchObject({
    metrics: [{ name: "loss", before: 0.25, after: 0.125 }],
    failed: [false, true],
  });
  expect(rig.cli("diff", "good", "worse").stdout).toContain(
    "metric loss: 0.25 → 0.125 (after: of an attempt that did not succeed)\n",
  );
  rig.write("code/mlflow_train.py", TRAIN);
});

it("of a step whose output is missing, and of the last of its attempts", () => {
  job("missing", "0", "    outputs: {model: {type: uri_file}}\n");
  expect(rig.run("run", "missing.yml").steps[0]).toMatchObject({
    error: { code: "missing_output" },
    metrics: { loss: 0.25 },
  });
  job("again", "3", "    properties: {stepwell.retry: '{\"max_retries\": 1}'}\n");
  const { attempts, metrics } = rig.run("run", "again.yml").steps[0] ?? {};
  expect([attempts?.length, metrics]).toEqual([2, { loss: 0.25, epoch: 40 }]);
});

it("of a cancelled one, and of one that ended while no engine was there", async () => {
  job("away", "wait");
  const child = rig.start("run", "away.yml", "--name", "away");
  await eventually(() => fs.existsSync(rig.at("away.there")), "the step has logged");
  child.kill("SIGINT");
  expect(await exited(child)).toBe(3);
  expect(rig.run("show", "away").steps[0]).toMatchObject({
    status: "Canceled",
    metrics: { loss: 0.25 },
  });
  const words = ["run", "job.yml", "--name", "killed"];
  await exited(rig.startWith({ STEPWELL_CRASH_AT: "before-commit:3" }, ...words));
  expect(rig.run("run", "--resume", "killed").steps[0]).toMatchObject({
    status: "Failed",
    metrics: { loss: 0.25 },
  });
});
