import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, exited, makeRig, type Rig } from "../testing/rig.ts";

// What scripts rely on: exit codes, one JSON object alone on stdout, plain lines without a terminal, and what options say
// when they are used wrongly.

let rig: Rig;

const PIPELINE = `
type: pipeline
display_name: words
settings: {default_compute: azureml:local}
inputs: {text: {type: uri_file, path: ./text.txt}}
jobs:
  count:
    command: wc -w < \${{inputs.text}} > \${{outputs.n}}; test \${{inputs.ok}} = yes
    inputs: {text: "\${{parent.inputs.text}}", ok: "yes"}
    outputs: {n: {type: uri_file}}
  show:
    command: cat \${{inputs.n}}
    inputs: {n: "\${{parent.jobs.count.outputs.n}}"}
`;

beforeAll(() => {
  rig = makeRig("contract");
  rig.write("text.txt", "one two\n");
  rig.write("pipeline.yml", PIPELINE);
  rig.write("lost.yml", "type: command\ncommand: echo\nenvironment: azureml:lost:3\n");
  expect(rig.cli("run", "pipeline.yml", "--name", "first").code).toBe(0);
});

afterAll(() => rig.remove());

const FAIL = ["--set", "jobs.count.inputs.ok=no"];

describe("exit codes", () => {
  it.each<[string, number, readonly string[]]>([
    ["completed", 0, ["run", "pipeline.yml"]],
    ["a failed step", 1, ["run", "pipeline.yml", ...FAIL]],
    ["--only-cached with something to run", 1, ["run", "pipeline.yml", "--only-cached", ...FAIL]],
    ["an invalid definition", 2, ["run", "pipeline.yml", "--set", "jobs.count.comand=x"]],
    ["a file that is not there", 2, ["run", "nothing.yml"]],
    ["an unknown compute", 2, ["run", "pipeline.yml", "--compute", "cluster"]],
    ["an unknown step", 2, ["run", "pipeline.yml", "--until", "nobody"]],
    ["an unknown input", 2, ["run", "pipeline.yml", "--input", "nobody=1"]],
    ["an unknown run", 2, ["run", "--resume", "nobody"]],
    ["--resume with what was said at the submit", 2, ["run", "--resume", "first", "--force"]],
    ["--resume with a file", 2, ["run", "pipeline.yml", "--resume", "first"]],
    ["--resume with how to follow it", 0, ["run", "--resume", "first", "--no-logs"]],
    ["a comma too many in --force of rerun", 0, ["rerun", "first", "--force=count,"]],
    ["an unknown asset", 2, ["data", "show", "nobody:1"]],
    ["a name that is taken", 2, ["run", "pipeline.yml", "--name", "first"]],
    ["a bad name", 2, ["run", "pipeline.yml", "--name", "../x"]],
    ["--from without a run to take from", 2, ["run", "other.yml", "--from", "show"]],
    ["wrong usage", 2, ["run", "pipeline.yml", "--priority", "11"]],
    ["a variable without a name", 2, ["run", "pipeline.yml", "--env", "=x"]],
    ["an unknown option", 2, ["plan", "pipeline.yml", "--only-cached"]],
    ["an unknown status", 2, ["runs", "--status", "Foo"]],
    ["nothing to do", 0, ["plan", "pipeline.yml", "--exit-code"]],
    ["something to do", 10, ["plan", "pipeline.yml", "--exit-code", "--force=show"]],
    ["an environment of an unknown name", 2, ["run", "lost.yml"]],
    ["an attempt that there was not", 2, ["logs", "first", "--attempt", "9"]],
    ["a workspace that is not there", 4, ["runs", "--workspace", "/nowhere/at/all"]],
  ])("%s: %i", (_, code, words) => {
    rig.write("other.yml", PIPELINE.replace("display_name: words", "display_name: other"));
    expect(rig.cli(...words).code).toBe(code);
  });

  it("a wait for what cannot come is never taken for success: 70", () => {
    rig.write("there.yml", "name: there\ntype: file\npath: .\n");
    expect(rig.cli("datastore", "create", "there.yml").code).toBe(0);
    rig.write(
      "dead-disk.mjs",
      `import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
for (const name of ["realpath", "stat", "lstat", "open", "mkdir", "readdir"])
  fs[name] = () => new Promise(() => {});
syncBuiltinESMExports();
`,
    );
    const dead = { NODE_OPTIONS: `--import ${rig.at("dead-disk.mjs")}` };
    const { code, stderr } = rig.cliWith(dead, "datastore", "check", "there");
    expect([code, stderr]).toEqual([70, expect.stringContaining("waits for something")]);
  });

  it("an environment that cannot be resolved, made, or is not locked: 4", () => {
    const job = (packages: string): void =>
      rig.write(
        "environment.yml",
        `type: command\ncompute: local\ncommand: "true"\nenvironment: {requirements: r.txt}\n# ${packages}\n`,
      );
    rig.write("r.txt", "six==1.16.0\n");
    job("locked");
    expect(rig.cli("run", "environment.yml", "--locked").code).toBe(4);
    expect(rig.cli("run", "environment.yml").code).toBe(0);
    const lock = fs.readdirSync(rig.at("stepwell.lock.d"))[0] as string;
    const text = rig.read(`stepwell.lock.d/${lock}`).replace("\nsix==1.16.0", "\nsix==99.0.0");
    rig.write(`stepwell.lock.d/${lock}`, text);
    const failed = rig.cli("run", "environment.yml", "--json");
    expect(JSON.parse(failed.stdout)).toMatchObject({
      status: "Failed",
      steps: [{ error: { code: "environment_build_failed" } }],
    });
    expect(failed.code).toBe(4);
  });

  it("Ctrl-C: 3, and what did not run is Canceled", async () => {
    const wait = `test -e ${rig.at("go")} || { touch ${rig.at("waits")}; sleep 600; }`;
    rig.write(
      "wait.yml",
      `type: pipeline\nsettings: {default_compute: azureml:local}\njobs: {a: {command: "${wait}"}, b: {command: ls, inputs: {}, properties: {stepwell.depends_on: '["a"]'}}}\n`,
    );
    const child = rig.start("run", "wait.yml", "--name", "stopped");
    await eventually(() => fs.existsSync(rig.at("waits")), "the step runs");
    child.kill("SIGINT");
    expect(await exited(child)).toBe(3);
    const run = rig.run("show", "stopped");
    expect(run.steps.map((step) => [step.status, step.reuse.decision])).toEqual([
      ["Canceled", "ran"],
      ["Canceled", "none"],
    ]);
  });
});

describe("--json", () => {
  it("puts the one object on stdout, also of a run that failed and of a file that is invalid", () => {
    const failed = rig.cli("run", "pipeline.yml", "--json", ...FAIL);
    const run = JSON.parse(failed.stdout);
    expect(run).toMatchObject({ schema: 1, status: "Failed" });
    expect(Object.keys(run).sort()).toEqual(RUN_KEYS);
    for (const step of run.steps) expect(Object.keys(step).sort()).toEqual(STEP_KEYS);
    const invalid = rig.cli("plan", "pipeline.yml", "--json", "--set", "jobs.count.comand=x");
    expect(JSON.parse(invalid.stdout)).toMatchObject({
      schema: 1,
      valid: false,
      problems: [{ severity: "error", code: "unknown_key", file: null, line: null }],
    });
    const plan = JSON.parse(rig.cli("plan", "pipeline.yml", "--json", "--force").stdout);
    expect(plan).toMatchObject({ schema: 1, valid: true, counts: { run: 2, reuse: 0 } });
    expect(Object.keys(plan.steps[0]).sort()).toEqual(PLAN_KEYS);
    const detached = rig.cli("run", "pipeline.yml", "--detach", "--json");
    expect(Object.keys(JSON.parse(detached.stdout))).toEqual(["name", "status"]);
  });

  it.each([
    [["run", "pipeline.yml", "--priority", "11"]],
    [["run", "pipeline.yml", "--frobnicate"]],
    [["show", "first", "second", "third"]],
    [["frobnicate"]],
  ])("is an object for wrong usage too: %s", (words) => {
    const refused = rig.cli(...words, "--json");
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      schema: 1,
      error: { code: "wrong_usage", message: expect.not.stringMatching(/^error/) },
    });
    expect(rig.cli(...words).stdout).toBe("");
  });

  it("says which global option has no value, wherever it stands", () => {
    for (const words of [["runs", "--workspace"], ["runs", "--json", "--workspace"], ["-o"]]) {
      const refused = rig.cli(...words);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain(`option '${words.at(-1)}' argument missing`);
      expect(refused.stdout === "").toBe(!words.includes("--json"));
    }
  });

  it("takes no option for the value of the one before it", () => {
    const refused = rig.cli("run", "--resume", "--json");
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining("option '--resume <run>' argument missing"),
    ]);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: "wrong_usage" } });
    const global = rig.cli("runs", "--workspace", "--json");
    expect([global.code, global.stderr]).toEqual([2, expect.stringContaining("--workspace")]);
    expect(JSON.parse(global.stdout)).toMatchObject({ error: { code: "wrong_usage" } });
    const set = rig.cli("plan", "pipeline.yml", "--set", "--force");
    expect([set.code, set.stderr]).toEqual([2, expect.stringContaining("--set <path=value>")]);
  });

  it.each([
    "--force=",
    "--force=,",
    "--idempotency-key=",
    "--priority=",
    "--compute=",
    "--experiment=",
    "--tag=",
  ])("takes an unset variable in %s for a mistake", (option) => {
    const [name = "", value = ""] = option.split("=");
    for (const words of [[option], [name, value]]) {
      const refused = rig.cli("run", "pipeline.yml", ...words, "--json");
      expect([refused.code, refused.stderr]).toEqual([
        2,
        expect.stringContaining(`the value of ${name} is empty\n  is a variable`),
      ]);
      expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: "wrong_usage" } });
    }
  });

  it("takes a tag without a name for a mistake", () => {
    const refused = rig.cli("run", "pipeline.yml", "--tag", "=bio", "--json");
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining("expected KEY=VALUE"),
    ]);
  });

  it("leads from the missing file of an asset to what one holds", () => {
    expect(rig.cli("data", "create", "none.yml").stderr).toContain("stepwell schema data");
    expect(rig.cli("component", "create", "none.yml").stderr).toContain("schema component");
  });

  it("is an object where the workspace cannot be used", () => {
    const refused = rig.cli("runs", "--workspace", "/nowhere/at/all", "--json");
    expect(refused.code).toBe(4);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      schema: 1,
      error: { message: expect.stringContaining("/nowhere/at/all") },
    });
  });

  it("is the same for a run that is asked for again", () => {
    const shown = rig.cli("show", "first", "--json").stdout;
    expect(rig.cli("run", "--resume", "first", "--json").stdout).toBe(shown);
  });
});

const RUN_KEYS =
  "errors experiment finished name outputs properties schema started status steps warnings".split(
    " ",
  );
const STEP_KEYS =
  "attempts error inputs log metrics name outputs parameters reuse status tracking type".split(" ");
const PLAN_KEYS = ["decision", "forecastS", "from", "name", "reason", "warnings"];

const HALVES = `
type: pipeline
settings: {continue_on_step_failure: true}
jobs:
  bad: {command: exit 3}
  good: {command: echo good}
`;

describe("without a terminal", () => {
  it("every line is plain, whatever the run does", () => {
    for (const words of [
      ["run", "pipeline.yml", "--force"],
      ["run", "pipeline.yml", ...FAIL],
    ]) {
      const { stdout, stderr } = rig.cliWith({ NO_COLOR: "" }, ...words);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control codes are what must not be there
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    }
  });

  it("a failure names its reason, what did not run, and what to type", () => {
    const { stderr, stdout } = rig.cli("run", "pipeline.yml", ...FAIL);
    expect(stderr).toContain("failed  step count ended with exit code 1");
    expect(stderr).toContain("because of it these did not run: show");
    expect(stderr).toMatch(/the whole log: +stepwell logs words-\d+ count/);
    expect(stdout).toMatch(/Failed: 0 steps ran, 0 reused, 1 failed, 1 skipped/);
  });

  it("the summary, show and runs count alike: a step that failed did not run to a good end", () => {
    rig.write("halves.yml", HALVES);
    const { stdout } = rig.cli("run", "halves.yml", "--name", "halves");
    expect(stdout).toContain("halves Failed: 1 step ran, 0 reused, 1 failed\n");
    expect(rig.cli("show", "halves").stdout).toContain("1 step ran, 0 reused, 1 failed");
    const where = ["--where", "name = halves", "--columns", "ran,reused,failed", "--csv"];
    expect(rig.cli("runs", ...where).stdout).toContain("1,0,1");
  });

  it("each of several failures names its step, and only what waits for it", () => {
    rig.write(
      "several.yml",
      `
type: pipeline
settings: {continue_on_step_failure: true}
jobs:
  bad: {command: exit 3}
  empty: {command: "true", outputs: {o: {type: uri_file}}}
  after: {command: "true", inputs: {o: "\${{parent.jobs.empty.outputs.o}}"}}
  last: {command: "true", properties: {stepwell.depends_on: '["after"]'}}
`,
    );
    const { stderr } = rig.cli("run", "several.yml", "--name", "several");
    expect(stderr.match(/because of it these did not run: .*/g)).toEqual([
      "because of it these did not run: after, last",
    ]);
    expect(stderr).toContain('failed  step empty: output "o" is missing');
    expect(rig.cli("show", "several").stdout).toContain('error  step empty: output "o" is missing');
    expect(rig.cli("why", "several", "last").stdout).toMatch(
      /^last did not run: step empty failed\n/,
    );
  });

  it("why says what kept a step from running, and compares nothing that was never decided", () => {
    expect(rig.cli("run", "pipeline.yml", "--name", "kept", ...FAIL).code).toBe(1);
    const stopped = rig.cli("why", "kept", "show").stdout;
    expect(stopped).toContain("show did not run: step count failed\n");
    expect(stopped).toMatch(/not compared with .*: its turn did not come/);
    expect(stopped).not.toContain("nothing that counts is different");
    expect(rig.cli("run", "pipeline.yml", "--name", "part", "--until", "count").code).toBe(0);
    const unneeded = JSON.parse(rig.cli("why", "part", "show", "--json").stdout);
    expect(unneeded).toMatchObject({
      decision: "none",
      reason: { kind: "not_needed", detail: "not needed by --until" },
    });
  });

  it("outputs lists what was made, and says what was not", () => {
    rig.write("half.yml", PIPELINE.replace("display_name: words", "display_name: half"));
    expect(rig.cli("run", "half.yml", ...FAIL, "--name", "half").code).toBe(1);
    const { stdout, stderr } = rig.cli("outputs", "half");
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^not made: .*count\./);
  });

  it("--from says how to take from another run where the latest one lacks a step", () => {
    rig.write("partly.yml", PIPELINE.replace("display_name: words", "display_name: partly"));
    expect(rig.cli("run", "partly.yml", ...FAIL).code).toBe(1);
    const refused = rig.cli("run", "partly.yml", "--from", "show");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("step count has no result in run partly-1");
    expect(refused.stderr).toContain("stepwell rerun RUN --from STEP");
  });

  it("--force of a step that another option keeps from running is warned of", () => {
    rig.write("vain.yml", PIPELINE.replace("display_name: words", "display_name: vain"));
    expect(rig.cli("run", "vain.yml", "--name", "vain").code).toBe(0);
    const taken = "warning: --force=count: --from show takes it as recorded";
    const left = "warning: --force=show: --until count leaves it out";
    expect(rig.cli("plan", "vain.yml", "--from", "show", "--force=count,show").stderr).toBe(
      `${taken}: it does not run again\n`,
    );
    expect(rig.cli("rerun", "vain", "--until", "count", "--force=show").stderr).toContain(left);
    expect(rig.cli("plan", "vain.yml", "--from", "show", "--force").stderr).toBe("");
  });

  it("a step that never started is not said to have a log", () => {
    const other = ["--set", "jobs.count.inputs.ok=never"];
    const { stderr } = rig.cli("run", "pipeline.yml", "--only-cached", ...other);
    expect(stderr).toContain("step count would run: parameter ok");
    expect(stderr).not.toContain("the whole log");
  });
});

describe("options", () => {
  it("--set changes any field, --compute every compute, --input an input, --tag and --experiment the record", () => {
    rig.write("longer.txt", "one two three\n");
    rig.write("away.yml", PIPELINE.replace("azureml:local", "azureml:cluster"));
    const run = rig.run(
      ...["run", "away.yml", "--compute", "local", "--input", "text=longer.txt"],
      ...["--set", "jobs.show.command=cat ${{inputs.n}} | tr 3 x", "--tag", "team=a"],
      ...["--experiment", "mine", "--priority", "-5"],
    );
    expect([run.status, run.experiment]).toEqual(["Completed", "mine"]);
    expect(rig.cli("logs", run.name, "show").stdout.trim()).toBe("x");
    const found = JSON.parse(rig.cli("runs", "--tag", "team=a", "--json").stdout).runs;
    expect(found.map((one: { name: string }) => one.name)).toEqual([run.name]);
    expect(rig.cli("runs", "--tag", "team").stdout).toContain(run.name);
    expect(rig.cli("runs", "--tag", "team=a", "--tag", "team=b").stdout).toBe("");
  });

  it("a list of runs that is cut off by itself says so", () => {
    expect(rig.cli("run", "pipeline.yml", "--each", "tags.k=1..21").code).toBe(0);
    const cut = rig.cli("runs", "--csv");
    expect([cut.code, cut.stdout.trim().split("\n").length]).toEqual([0, 21]);
    expect(cut.stderr).toBe("only the newest 20 are listed; more: --limit 10000\n");
    const sorted = rig.cli("runs", "--sort", "took", "--json");
    expect(sorted.stderr).toBe("only the first 20 are listed; more: --limit 10000\n");
    for (const limit of ["1", "21"]) expect(rig.cli("runs", "--limit", limit).stderr).toBe("");
  });

  it("the same definition again with the same key is the same run", () => {
    const words = ["run", "pipeline.yml", "--name", "keyed", "--idempotency-key", "k1"];
    expect(rig.run(...words).name).toBe("keyed");
    expect(rig.run(...words).name).toBe("keyed");
    const other = rig.cli(...words, "--force");
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("another definition")]);
  });

  it("runs --status Interrupted finds what nobody goes on with, and nothing else", async () => {
    const words = ["run", "pipeline.yml", "--name", "cut", "--force"];
    await exited(rig.startWith({ STEPWELL_CRASH_AT: "before-commit:1" }, ...words));
    const names = (status: string): readonly string[] =>
      JSON.parse(rig.cli("runs", "--status", status, "--json").stdout).runs.map(
        (one: { name: string }) => one.name,
      );
    expect(names("Interrupted")).toEqual(["cut"]);
    expect(names("interrupted")).toEqual(["cut"]);
    expect(names("Queued")).toEqual([]);
    expect(names("Completed")).not.toContain("cut");
    expect(rig.run("run", "--resume", "cut").status).toBe("Completed");
  });
});
