import fs from "node:fs";
import { afterEach, expect, it } from "vitest";
import type { RunView } from "../operations/recorded/run-view.ts";
import { makeRig, type Rig } from "./rig.ts";

// An MLflow server of the user's own: it wins over the attempt's file store, whose run it does not know, and the run says
// which one it was.

let rig: Rig;

afterEach(() => rig.remove());

const SERVER = "http://127.0.0.1:9/mlflow";

function step(name: string, more = ""): string {
  const command = `echo ${name} mlflow at "$MLFLOW_TRACKING_URI" "[$MLFLOW_RUN_ID$MLFLOW_EXPERIMENT_ID]" > \${{outputs.o}}`;
  return `  ${name}:\n    command: '${command}'\n    outputs: {o: {type: uri_file}}\n${more}`;
}

function outputs(run: RunView): readonly string[] {
  return run.steps.map(({ outputs: { o } }) => fs.readFileSync(o?.path ?? "", "utf8").trim());
}

it("a tracking address of the definition wins, and the run records it", () => {
  rig = makeRig("tracking");
  const own = `    environment_variables: {MLFLOW_TRACKING_URI: ${SERVER}}\n`;
  rig.write("pipeline.yml", `type: pipeline\njobs:\n${step("own", own)}${step("plain")}`);
  const run = rig.run("run", "pipeline.yml");
  expect(outputs(run)).toEqual([
    `own mlflow at ${SERVER} []`,
    expect.stringMatching(/^plain mlflow at file:\/\/.* \[\w+\]$/),
  ]);
  expect(run.steps.map(({ tracking }) => tracking)).toEqual([SERVER, null]);
  expect(rig.cli("show").stdout).toContain(`metrics of own went to ${SERVER}\n`);
});

it("one that the shell hands over wins as well, and is not recorded", () => {
  rig = makeRig("tracking-passed");
  rig.write("pipeline.yml", `type: pipeline\njobs:\n${step("handed")}`);
  const run = rig.run("run", "pipeline.yml", "--env", `MLFLOW_TRACKING_URI=${SERVER}`);
  expect(outputs(run)).toEqual([`handed mlflow at ${SERVER} []`]);
  expect(run.steps[0]?.tracking).toBeNull();
});
