// What `plan` promises where it cannot be certain: versions of outputs that are taken, and environments without a lock.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, exited, makeRig, type Rig } from "./rig.ts";
import { CLOSED_PORT } from "./servers/server-process.ts";

let rig: Rig;

beforeAll(() => {
  rig = makeRig("promises");
});

afterAll(() => rig.remove());

function steps(...words: readonly string[]): readonly { readonly [field: string]: unknown }[] {
  return JSON.parse(rig.cli("plan", ...words, "--json").stdout).steps;
}

describe("an output with a version of its own", () => {
  const text = (word: string): readonly string[] => ["--set", `jobs.make.inputs.word=${word}`];

  beforeAll(() => {
    rig.write(
      "named.yml",
      `
type: pipeline
jobs:
  make:
    command: printf %s \${{inputs.word}} > \${{outputs.text}}
    inputs: {word: one}
    outputs: {text: {type: uri_file, name: text, version: "3"}}
`,
    );
  });

  it("is not warned of while the version is free, or where the result that is reused has its content", () => {
    expect(steps("named.yml")).toMatchObject([{ warnings: [] }]);
    expect(rig.run("run", "named.yml").status).toBe("Completed");
    expect(steps("named.yml")).toMatchObject([{ decision: "reuse", warnings: [] }]);
  });

  it("is warned of by plan where a step that will run may write other content under it", () => {
    const warning = expect.stringMatching(
      /^data text:3 exists: unless output make.text has the same/,
    );
    expect(steps("named.yml", ...text("two"))).toMatchObject([
      { decision: "run", warnings: [warning] },
    ]);
  });

  it("is warned of by plan as certain where the result that is reused has other content", () => {
    expect(rig.run("run", "named.yml", ...text("two")).status).toBe("Failed");
    const planned = rig.cli("plan", "named.yml", ...text("two"));
    expect(planned.stderr).toContain(
      "warning: data text:3 exists with other content: output make.text will not be registered",
    );
    expect(planned.stdout).toContain("0 to run, 1 to reuse");
  });

  it("is warned of where another step of the run writes under it, too", () => {
    const step = (name: string): string =>
      `  ${name}: {command: "echo ${name} > \${{outputs.o}}", outputs: {o: {type: uri_file, name: twice, version: "1"}}}\n`;
    rig.write("twice.yml", `type: pipeline\njobs:\n${step("a")}${step("b")}`);
    const warning = expect.stringMatching(/^output a.o is registered as data twice:1, too/);
    expect(steps("twice.yml")).toMatchObject([{ warnings: [] }, { warnings: [warning] }]);
    const { status, errors } = rig.run("run", "twice.yml");
    expect([status, errors.length]).toEqual(["Failed", 1]);
  });

  it("is told of each output of a run, with what to do, for people and for scripts", () => {
    const output = (name: string): string => `{type: uri_file, name: ${name}, version: "1"}`;
    rig.write(
      "both.yml",
      `type: command\ncompute: local\ninputs: {text: one}\noutputs: {a: ${output("left")}, b: ${output("right")}}\ncommand: echo \${{inputs.text}} | tee \${{outputs.a}} > \${{outputs.b}}\n`,
    );
    expect(rig.run("run", "both.yml")).toMatchObject({ status: "Completed", errors: [] });
    const { status, steps, errors, warnings } = rig.run("run", "both.yml", "--input", "text=two");
    expect([status, steps[0]?.status]).toEqual(["Failed", "Completed"]);
    const next = (name: string) => ({
      code: "asset_version_conflict",
      message: expect.stringContaining(`data ${name}:1 exists with other content`),
      hint: expect.stringContaining(`stepwell data create --name ${name} --version 2`),
    });
    expect(errors).toEqual([next("left"), next("right")]);
    expect(warnings).toEqual(errors.map(({ message, hint }) => `${message}; ${hint}`));
  });
});

describe("equal commands in environments that have no lock yet", () => {
  it("are one work where the definition is the same, and may be one where it is another", () => {
    const conda = (name: string, python: string): string =>
      `{conda_file: {name: ${name}, dependencies: ["python>=${python}"]}}`;
    rig.write(
      "open.yml",
      `
type: pipeline
jobs:
  host: {command: echo equal}
  one: {command: echo equal, environment: ${conda("a", "3.9")}}
  same: {command: echo equal, environment: ${conda("a", "3.9")}}
  other: {command: echo equal, environment: ${conda("b", "3.8")}}
`,
    );
    expect(steps("open.yml")).toMatchObject([
      { decision: "run" },
      { decision: "run" },
      { decision: "reuse", reason: { detail: "the same work as step one" } },
      {
        decision: "depends",
        reason: { detail: "depends on step one, which may do the same work" },
      },
    ]);
    const decided = rig.run("run", "open.yml").steps.map(({ reuse }) => reuse.decision);
    expect(decided.slice(0, 2)).toEqual(["ran", "ran"]);
    expect(decided[2]).not.toBe("ran");
  });
});

it("steps of one command on other data are certain to run", () => {
  for (const name of ["train", "test"]) rig.write(`${name}.csv`, name);
  const prepare = (name: string): string =>
    `{command: 'cp "\${{inputs.d}}" "\${{outputs.o}}"', inputs: {d: {type: uri_file, path: ${name}.csv}}, outputs: {o: {type: uri_file}}}`;
  rig.write(
    "twice.yml",
    `
type: pipeline
jobs:
  train: ${prepare("train")}
  test: ${prepare("test")}
  again: ${prepare("test")}
`,
  );
  const [train, test, again] = steps("twice.yml");
  expect(train).toMatchObject({ decision: "run", reason: { kind: "never_ran" } });
  expect(test).toMatchObject({ decision: "run", reason: { kind: "never_ran" } });
  expect(again).toMatchObject({
    decision: "reuse",
    reason: { detail: "the same work as step test" },
  });
  const decided = rig.run("run", "twice.yml").steps.map(({ reuse }) => reuse.decision);
  expect(decided).toEqual(["ran", "ran", expect.stringMatching("reused|attached")]);
});

it("a step that goes on without the run that started it may give its result to the next run", async () => {
  rig.write(
    "left.yml",
    `
type: pipeline
jobs:
  slow: {command: "echo slow >> ${rig.at("ledger")}; until [ -e ${rig.at("go")} ]; do sleep 0.1; done"}
  later: {command: "echo later", depends_on: [slow]}
`,
  );
  const { child } = rig.watch({}, "run", "left.yml", "--name", "left");
  await eventually(() => rig.peek().includes("slow"), "the start of the step");
  child.kill("SIGKILL");
  await exited(child);
  expect(steps("left.yml")).toMatchObject([
    { decision: "depends", reason: { kind: "in_flight", detail: expect.stringContaining("left") } },
    { decision: "run", reason: { detail: "never ran" } },
  ]);
  rig.write("go", "");
  const decided = rig.run("run", "left.yml").steps.map(({ reuse }) => reuse.decision);
  expect(decided).toEqual([expect.stringMatching("reused|attached"), "ran"]);
  expect(rig.ran()).toEqual(["slow"]);
});

describe("an environment whose definition was changed", () => {
  const named = (name: string): readonly string[] => [
    "--set",
    `jobs.one.environment={conda_file: {name: ${name}, dependencies: ["python>=3.9"]}}`,
  ];

  it("is run for certain the first time, and may turn out to be the one that a result was made with", () => {
    rig.write("made.yml", "type: pipeline\njobs: {one: {command: echo hello}}\n");
    expect(steps("made.yml", ...named("first"))).toMatchObject([{ decision: "run" }]);
    rig.run("run", "made.yml", ...named("first"));
    expect(steps("made.yml", ...named("second"))).toMatchObject([
      { decision: "depends", reason: { detail: expect.stringContaining("never resolved") } },
    ]);
    const again = rig.run("run", "made.yml", ...named("second"));
    expect(again.steps).toMatchObject([{ reuse: { decision: "reused" } }]);
  });

  it("may turn out to be that of a result of another step, too", () => {
    const third = named("third").map((word) => word.replace("jobs.one.", "jobs.two."));
    rig.write("other.yml", "type: pipeline\njobs: {two: {command: echo hello}}\n");
    expect(steps("other.yml", ...third)).toMatchObject([{ decision: "depends" }]);
    const made = rig.run("run", "other.yml", ...third);
    expect(made.steps).toMatchObject([{ reuse: { decision: "reused" } }]);
  });

  it("is run for certain when the step must run anyway", () => {
    expect(steps("made.yml", "--force", ...named("third"))).toMatchObject([{ decision: "run" }]);
  });
});

describe("an input at an address that does not answer", () => {
  const address = `http://127.0.0.1:${CLOSED_PORT}/words.txt`;

  beforeAll(() => {
    rig.write(
      "far.yml",
      `
type: pipeline
jobs:
  count:
    command: wc -l < \${{inputs.words}} > \${{outputs.n}}
    inputs: {words: {type: uri_file, path: "${address}"}}
    outputs: {n: {type: uri_file}}
  tell:
    command: cat \${{inputs.n}}
    inputs: {n: "\${{parent.jobs.count.outputs.n}}"}
`,
    );
  });

  it("keeps neither plan nor validate from their answer, and is warned of", () => {
    const planned = rig.cli("plan", "far.yml");
    expect(planned.code).toBe(0);
    expect(planned.stderr).toContain(`input words: ${address} could not be fetched`);
    expect(planned.stdout).toContain("2 to run");
    expect(rig.cli("validate", "far.yml").code).toBe(0);
  });

  it("keeps a run from starting", () => {
    const refused = rig.cli("run", "far.yml");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`input words: ${address} could not be fetched`);
  });

  it("leaves open whether an earlier result is reused", () => {
    rig.write("words.txt", "one\ntwo\n");
    rig.write("stepwell.yml", `url_map: {"${address}": ./words.txt}\n`);
    expect(rig.run("run", "far.yml").status).toBe("Completed");
    rig.write("stepwell.yml", "{}\n");
    expect(steps("far.yml")).toMatchObject([
      { decision: "depends", reason: { detail: expect.stringContaining("input words") } },
      { decision: "depends", reason: { detail: "depends on count" } },
    ]);
  });
});

describe("a node of a type that does not run yet", () => {
  const said = "step search: nodes of type sweep cannot run yet";

  beforeAll(() => {
    rig.write(
      "trial.yml",
      `
type: command
name: trial
version: "1"
inputs: {data: {type: uri_file}, rate: {type: number}}
environment: {conda_file: {name: later, dependencies: ["python>=3.9", numpy]}}
command: cat \${{inputs.data}}; echo \${{inputs.rate}}
`,
    );
    rig.write(
      "later.yml",
      `
type: pipeline
jobs:
  make: {command: "echo 1 > \${{outputs.o}}", outputs: {o: {type: uri_file}}}
  search:
    type: sweep
    trial: ./trial.yml
    inputs: {data: "\${{parent.jobs.make.outputs.o}}"}
    search_space: {rate: {type: choice, values: [0.1, 0.2]}}
    objective: {goal: minimize, primary_metric: loss}
    sampling_algorithm: random
    limits: {max_total_trials: 2}
`,
    );
  });

  it("is valid and planned, with a warning", () => {
    const checked = rig.cli("validate", "later.yml");
    expect([checked.code, checked.stderr]).toEqual([0, expect.stringContaining(said)]);
    const planned = rig.cli("plan", "later.yml");
    expect([planned.code, planned.stderr]).toEqual([0, expect.stringContaining(said)]);
    expect(steps("later.yml")).toMatchObject([
      { name: "make", decision: "run" },
      { name: "search", decision: "run" },
    ]);
  });

  it("is refused by name before anything starts, and nothing is resolved for it", () => {
    const refused = rig.cli("run", "later.yml");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`error: ${said}`);
    expect(refused.stderr).not.toContain("resolving");
    expect(rig.cli("runs", "--json").stdout).not.toContain("later");
  });

  it("does not keep what comes before it from running; a rerun of that which would run it is refused", () => {
    rig.write(
      "trial.yml",
      "type: command\nname: trial\ncommand: echo ${{inputs.rate}}\ninputs: {data: {type: uri_file}, rate: {type: number}}\n",
    );
    const { code, stderr } = rig.cli("run", "later.yml", "--until", "make", "--name", "before");
    expect([code, stderr]).toEqual([0, expect.stringContaining(`warning: ${said}`)]);
    expect(rig.run("rerun", "before", "--until", "make").status).toBe("Completed");
    const again = rig.cli("rerun", "before");
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining(`error: ${said}`)]);
    expect(again.stderr).toContain("--each jobs.search.inputs.NAME=A,B");
  });
});

describe("a step whose output is a value", () => {
  it("is planned with a warning, and refused before anything starts", () => {
    rig.write(
      "ask.yml",
      "type: command\noutputs: {go: {type: boolean, is_control: true}}\ncommand: touch asked",
    );
    rig.write(
      "choose.yml",
      `
type: pipeline
jobs:
  ask: {component: ./ask.yml}
  use: {command: "echo \${{inputs.go}}", inputs: {go: "\${{parent.jobs.ask.outputs.go}}"}}
`,
    );
    const said = "step ask: its output go is a boolean, and steps cannot make values yet";
    const planned = rig.cli("plan", "choose.yml");
    expect([planned.code, planned.stderr]).toEqual([
      0,
      expect.stringContaining(`warning: ${said}`),
    ]);
    const refused = rig.cli("run", "choose.yml");
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(`error: ${said}`)]);
  });
});
