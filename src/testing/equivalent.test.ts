import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// Outputs whose bytes are new at each save and say the same: what reads them is reused, and it is told.

let rig: Rig;

const PIPELINE = `
type: pipeline
display_name: taxi
settings: {default_compute: azureml:local}
jobs:
  train:
    command: echo train >> "$LEDGER" && bash train.sh \${{outputs.model}} \${{outputs.report}}
    code: ./train
    environment_variables: {LEDGER: LEDGER_PATH}
    outputs:
      model: {type: mlflow_model}
      report: {type: uri_folder, same: {ignore: ["*.svg"]}}
  score:
    command: echo score >> "$LEDGER" && cat \${{inputs.model}}/MLmodel > \${{outputs.o}} && ls \${{inputs.report}}
    environment_variables: {LEDGER: LEDGER_PATH}
    inputs: {model: "\${{parent.jobs.train.outputs.model}}", report: "\${{parent.jobs.train.outputs.report}}"}
    outputs: {o: {type: uri_file}}
`;

const TRAIN = `
printf 'flavors:\\n  python_function: {}\\nmodel_uuid: %s\\nutc_time_created: %s\\n' $RANDOM$RANDOM$RANDOM "$(date +%s.%N)" > "$1/MLmodel"
echo weights > "$1/model.pkl"
echo table > "$2/index.html"
date +%s%N > "$2/figure.svg"
`;

beforeAll(() => {
  rig = makeRig("equivalent");
  rig.write("train/train.sh", TRAIN);
  write(PIPELINE);
  expect(rig.run("run").status).toBe("Completed");
  expect(rig.ran()).toEqual(["score", "train"]);
});

afterAll(() => rig.remove());

function write(text: string): void {
  rig.write("pipeline.yml", text.replaceAll("LEDGER_PATH", JSON.stringify(rig.at("ledger"))));
}

function outputs(
  run = rig.run("show"),
): Record<string, { readonly id: string; readonly path: string }> {
  return run.steps.find((step) => step.name === "train")?.outputs ?? {};
}

describe("a model saved twice", () => {
  it("leaves what reads it alone, and says so", () => {
    const before = outputs().model?.id;
    rig.write("train/train.sh", `# comment\n${TRAIN}`);
    const done = rig.cli("run");
    expect(rig.ran()).toEqual(["train"]);
    expect(done.stderr).toMatch(
      /note train made other bytes than in taxi-1 that count as the same \(model: MLmodel; report: figure.svg\): what reads them is reused/,
    );
    expect(outputs().model?.id).not.toBe(before);
    expect(rig.cli("why", "score").stdout).toMatch(
      /score was reused: unchanged since taxi-1: other bytes of input model count as the same/,
    );
  });

  it("names the files and the fields that differ", () => {
    const told = rig.cli("why", "train").stdout;
    expect(told).toMatch(
      /output model: other bytes that count as the same \(MLmodel; in MLmodel: model_uuid, utc_time_created\)/,
    );
    expect(told).toMatch(/output report: other bytes that count as the same \(figure.svg\)/);
  });

  it("is not called not deterministic, forced or not", () => {
    expect(rig.cli("run", "--force", "train").stderr).not.toMatch(/not deterministic/);
    expect(rig.ran()).toEqual(["train"]);
  });

  it("makes its reader run when anything else of it differs", () => {
    rig.write("train/train.sh", TRAIN.replace("echo weights", "echo other weights"));
    expect(rig.run("run").status).toBe("Completed");
    expect(rig.ran()).toEqual(["score", "train"]);
  });

  it("does not hand on what an older, wider rule let pass", () => {
    rig.write("train/train.sh", TRAIN.replace("echo weights", "echo  other weights"));
    rig.run("run");
    expect(rig.ran()).toEqual(["train"]);
    write(PIPELINE.replace(', same: {ignore: ["*.svg"]}', ""));
    rig.run("run");
    expect(rig.ran()).toEqual(["score"]);
  });

  it("counts with all its bytes where the definition says so", () => {
    write(PIPELINE.replace("{type: mlflow_model}", "{type: mlflow_model, same: bytes}"));
    rig.run("run");
    rig.ran();
    rig.run("run", "--force", "train");
    expect(rig.ran()).toEqual(["score", "train"]);
  });
});

describe("same", () => {
  it("is refused for an output that is one file", () => {
    write(PIPELINE.replace("type: uri_folder, same", "type: uri_file, same"));
    const refused = rig.cli("run");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/output `report` is one file, and `same.ignore` names files/);
  });
});

describe("SOURCE_DATE_EPOCH", () => {
  const shown = (more = ""): string => {
    write(`
type: command
command: echo "\${SOURCE_DATE_EPOCH:-none}" > \${{outputs.o}}
${more}
outputs: {o: {type: uri_file}}
`);
    return fs.readFileSync(rig.run("run").outputs.o?.path ?? "", "utf8").trim();
  };

  it("is a fixed date, unless the step or the workspace says otherwise", () => {
    expect(shown()).toBe("946684800");
    expect(shown('environment_variables: {SOURCE_DATE_EPOCH: "7"}')).toBe("7");
    rig.write("stepwell.yml", "source_date_epoch: 1700000000\n");
    expect(shown()).toBe("1700000000");
    rig.write("stepwell.yml", "source_date_epoch: false\n");
    expect(shown()).toBe("none");
    expect(rig.cli("why").stdout).toMatch(/SOURCE_DATE_EPOCH: 1700000000 → not set/);
    rig.write("stepwell.yml", "");
    expect(rig.run("run").steps[0]?.reuse.decision).toBe("reused");
  });
});
