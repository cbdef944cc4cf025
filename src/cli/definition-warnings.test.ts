import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exited, makeRig, type Rig } from "../testing/rig.ts";

// What `validate --json` warns of, scripts find in the one object of every command that plans or shows the run.

let rig: Rig;

const JOB = `
type: pipeline
display_name: warned
settings: {default_compute: azureml:local}
jobs:
  train:
    command: python3 -c "print('\${{inputs.alpha}}')"
    inputs: {alpha: 1}
`;

interface Found {
  readonly severity: string;
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly hint: string | null;
}

beforeAll(() => {
  rig = makeRig("warned");
  rig.write("job.yml", JOB);
});

afterAll(() => rig.remove());

function warned(): readonly string[] {
  const { problems } = JSON.parse(rig.cli("validate", "job.yml", "--json").stdout);
  return (problems as readonly Found[]).map(
    ({ file, line, column, message, hint }) =>
      `${file}:${line}:${column}: ${hint === null ? message : `${message.replace(/\.$/, "")}; ${hint}`}`,
  );
}

describe("warnings of a definition", () => {
  it("are among those of the run and its plan, with their places", () => {
    const warnings = warned();
    expect(warnings).toEqual([expect.stringMatching(/job\.yml:7:\d+: .+; .+/)]);
    expect(rig.run("run", "job.yml", "--name", "first").warnings).toEqual(warnings);
    expect(JSON.parse(rig.cli("plan", "job.yml", "--json").stdout).warnings).toEqual(warnings);
    expect(rig.cli("show", "first").stdout).toContain(`warning ${warnings[0]}`);
  });

  it("stay with the run: shown, asked for again, rerun, and of several at once", () => {
    const warnings = warned();
    expect(rig.run("show", "first").warnings).toEqual(warnings);
    expect(rig.run("run", "--resume", "first").warnings).toEqual(warnings);
    expect(rig.run("rerun", "first").warnings).toEqual(warnings);
    expect(rig.run("rerun", "first", "--latest").warnings).toEqual(warnings);
    const each = rig.cli("run", "job.yml", "--each", "jobs.train.inputs.alpha=2,3", "--json");
    const { runs } = JSON.parse(each.stdout) as { runs: { warnings: readonly string[] }[] };
    expect(runs.map((one) => one.warnings)).toEqual([warnings, warnings]);
  });

  it("are there of a run that was handed over, and of one whose process was killed", async () => {
    const detached = rig.cli("run", "job.yml", "--name", "away", "--force", "--detach", "--json");
    expect(Object.keys(JSON.parse(detached.stdout))).toEqual(["name", "status"]);
    expect(rig.run("wait", "away").warnings).toEqual(warned());
    const words = ["run", "job.yml", "--name", "cut", "--force"];
    await exited(rig.startWith({ STEPWELL_CRASH_AT: "before-commit:1" }, ...words));
    expect(rig.run("run", "--resume", "cut").warnings).toEqual(warned());
  });

  it("are told once to a person who runs it", () => {
    const { stderr } = rig.cli("run", "job.yml", "--force");
    expect(stderr.match(/warning/g)).toHaveLength(1);
  });
});
