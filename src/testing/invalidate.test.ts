import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// Someone finds out that a result is wrong: it is taken out of reuse, with the reason wherever it would have been taken.

let rig: Rig;

const PIPELINE = `
type: pipeline
display_name: taxi
settings: {default_compute: azureml:local}
jobs:
  prepare:
    command: echo prepare >> "$LEDGER" && wc -l < \${{inputs.data}} > \${{outputs.rows}}
    environment_variables: {LEDGER: LEDGER_PATH}
    inputs: {data: {type: uri_file, path: ./data.csv}}
    outputs: {rows: {type: uri_file}}
  train:
    command: echo train >> "$LEDGER" && cat \${{inputs.rows}} > \${{outputs.model}}/weights
    environment_variables: {LEDGER: LEDGER_PATH}
    inputs: {rows: "\${{parent.jobs.prepare.outputs.rows}}"}
    outputs: {model: {type: custom_model, name: trees}}
  count:
    command: echo count >> "$LEDGER" && wc -c < \${{inputs.same}} > \${{outputs.bytes}}
    environment_variables: {LEDGER: LEDGER_PATH}
    inputs: {same: {type: uri_file, path: ./same.txt}}
    outputs: {bytes: {type: uri_file}}
  dice:
    command: echo dice >> "$LEDGER" && date +%s%N > \${{outputs.thrown}}/now && echo same > \${{outputs.thrown}}/same
    environment_variables: {LEDGER: LEDGER_PATH}
    outputs: {thrown: {type: uri_folder}}
`;

beforeAll(() => {
  rig = makeRig("invalidate");
  rig.write("data.csv", "1\n2\n");
  // The very bytes that prepare makes: it is not made from it for all that.
  rig.write("same.txt", "2\n");
  rig.write("pipeline.yml", PIPELINE.replaceAll("LEDGER_PATH", JSON.stringify(rig.at("ledger"))));
  expect(rig.run("run").status).toBe("Completed");
  expect(rig.ran()).toEqual(["count", "dice", "prepare", "train"]);
});

afterAll(() => rig.remove());

function run(...words: readonly string[]): string {
  const done = rig.cli(...words);
  expect(done.stderr).toBe("");
  expect(done.code).toBe(0);
  return done.stdout;
}

describe("invalidate", () => {
  it("asks for a reason and says how to give it", () => {
    const refused = rig.cli("invalidate", "train");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/say why: --reason TEXT/);
  });

  it("refuses a step together with an id, an unknown id and too short a one", () => {
    const refusal = (...words: readonly string[]): string => {
      const refused = rig.cli("invalidate", ...words, "--reason", "x");
      expect(refused.code).toBe(2);
      return refused.stderr;
    };
    expect(refusal("train", "--code", "12345678")).toMatch(/name a step, or one of/);
    expect(refusal("--environment", "0123456789abcdef")).toMatch(/no result has the environment/);
    expect(refusal("--fingerprint", "abc")).toMatch(/8 hex digits or more/);
    expect(refusal("last", "nothing")).toMatch(/has no step nothing/);
  });

  it("lists what was made from the result, and leaves what only holds the same bytes", () => {
    const told = run("invalidate", "prepare", "--reason", "wrong rows");
    expect(told).toMatch(/^1 result is never reused again:\n {2}prepare of taxi-1\n/);
    expect(told).toMatch(/made from it.*:\n {2}train of taxi-1\n/);
    expect(told).toMatch(/--downstream\n.*left as they are:\n {2}model trees:1\n$/);
    expect(told).not.toMatch(/count/);
  });

  it("says of a result that was invalidated before that it keeps the reason that it has", () => {
    const again = run("invalidate", "prepare", "--reason", "another reason");
    expect(again).toMatch(
      /^1 result is .*\n.*\nwhat was invalidated before keeps its reason:\n {2}prepare of taxi-1: invalidated by \S+ on \S+: wrong rows\n/,
    );
  });

  it("shows who said so, when and why, in plan and why", () => {
    const plan = JSON.parse(run("plan", "--json"));
    expect(plan.steps[0]).toMatchObject({ decision: "run", reason: { kind: "invalidated" } });
    expect(plan.steps[0].reason.detail).toMatch(
      /^invalidated by \S+ on \d{4}-\d\d-\d\d: wrong rows$/,
    );
    expect(run("plan")).toMatch(/run +prepare .*invalidated by .*: wrong rows/);
    expect(run("why", "prepare")).toMatch(/its result was invalidated by .*: wrong rows/);
    expect(run("why", "train")).not.toMatch(/invalidated/);
  });

  it("refuses to take it by --from", () => {
    const refused = rig.cli("run", "--from", "train");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/prepare in run taxi-1 was invalidated by/);
  });

  it("runs the step again, and nothing below it when the bytes come out the same", () => {
    const again = rig.run("run");
    expect(rig.ran()).toEqual(["prepare"]);
    const prepare = again.steps.find((step) => step.name === "prepare");
    expect(prepare?.reuse.reason).toMatchObject({ kind: "invalidated" });
    expect(rig.run("run").steps.map((step) => step.reuse.decision)).not.toContain("ran");
    expect(rig.ran()).toEqual([]);
  });

  it("takes everything below along with --downstream", () => {
    const told = run("invalidate", "last", "prepare", "--reason", "again", "--downstream");
    expect(told).toMatch(/^3 results are never reused again:/);
    rig.run("run");
    expect(rig.ran()).toEqual(["prepare", "train"]);
  });

  it("finds results by the ids that why prints", () => {
    const found = JSON.parse(run("why", "count", "--json")).identity;
    const byId = (kind: "fingerprint" | "environment"): number =>
      JSON.parse(
        run("invalidate", `--${kind}`, found[kind].slice(7, 30), "--reason", kind, "--json"),
      ).invalidated.length;
    expect(byId("fingerprint")).toBe(1);
    expect(byId("environment")).toBeGreaterThan(3);
    rig.run("run");
    expect(rig.ran()).toEqual(["count", "dice", "prepare", "train"]);
  });
});

describe("a step that makes other bytes from the same fingerprint", () => {
  it("is told in the summary, show, plan and why, with the files that differ", () => {
    const rerun = rig.cli("run", "--force", "dice,count");
    const note = /dice is not deterministic: .* other bytes than in taxi-\d+ \(thrown: now\)/;
    expect(rerun.stderr).toMatch(note);
    expect(rerun.stderr).not.toMatch(/count is not deterministic/);
    expect(run("show")).toMatch(note);
    expect(run("why", "dice")).toMatch(note);
    expect(rig.cli("plan").stderr).toMatch(note);
    expect(JSON.parse(run("plan", "--json")).steps.at(-1).warnings[0]).toMatch(note);
  });

  it("is not held against a step that says so itself", () => {
    const text = rig
      .read("pipeline.yml")
      .replace("  dice:\n", "  dice:\n    reuse: {max_age: 1d}\n");
    rig.write("pipeline.yml", text);
    const rerun = rig.cli("run", "--force", "dice");
    expect(rerun.stderr).not.toMatch(/not deterministic/);
  });
});
