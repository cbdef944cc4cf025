import fs from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { collectLater } from "./collect-later.ts";
import { eventually, exited, killEverything, makeRig, type Rig } from "./rig.ts";

// A walk through "when a step fails", as a user takes it: what the end of a run says, what `show` and `--json` say, the
// failed attempt's own files in `shell`, and what `gc` leaves.

let rig: Rig;

afterEach(() => rig.remove());

const PIPELINE = `type: pipeline
display_name: bikes
settings: {default_compute: azureml:local}
jobs:
  prepare:
    command: echo 1,2 > \${{outputs.clean}}
    outputs: {clean: {type: uri_file}}
  train:
    command: COMMAND
    code: ./code
    additional_includes: [./shared]
    inputs: {clean: "\${{parent.jobs.prepare.outputs.clean}}", alpha: 0.1}
    outputs: {model: {type: uri_folder}}
`;

function project(command: string): void {
  rig = makeRig("failing");
  rig.write(
    "pipeline.yml",
    PIPELINE.replace("COMMAND", () => command),
  );
  rig.write("shared/rates.py", "def rate(x):\n    return 1 / x\n");
  rig.write(
    "code/train.py",
    `import sys
from shared.rates import rate
open("notes.txt", "w").write("half way")
open(sys.argv[2] + "/weights", "w").write("half")
rate(0)
`,
  );
}

const TRAIN = "python3 train.py ${{inputs.clean}} ${{outputs.model}} ${{inputs.alpha}}";

describe("a step that fails", () => {
  it("is told with the user's own file and line, and with its inputs; the log stays as it is", () => {
    project(TRAIN);
    const done = rig.cli("run", "--name", "one");
    expect(done.code).toBe(1);
    expect(done.stderr).toContain("ZeroDivisionError");
    expect(done.stderr).toContain(`at shared/rates.py:2\n`);
    expect(done.stderr).toMatch(/ {2}input clean {2}\/\S+\/clean\n {2}input alpha {2}0\.1\n/);
    const shown = rig.cli("show", "one").stdout;
    expect(shown).toContain("  at shared/rates.py:2\n");
    expect(shown).toMatch(/ {2}input clean {2}\/\S+\/clean\n/);
    const train = rig.run("show", "one").steps[1];
    expect(train?.error?.location).toEqual({ file: rig.at("shared/rates.py"), line: 2 });
    expect(rig.cli("logs", "one", "train").stdout).toMatch(
      /File ".*\.stepwell\/work\/\w+\/shared\/rates\.py", line 2, in rate/,
    );
  });

  it("is told so for a single file of code, for Node, and not where a log names no line", () => {
    project(TRAIN);
    rig.write("solo.js", "\n\nnull.x;\n");
    const job = (name: string, lines: string): void =>
      rig.write(name, `type: command\ncompute: local\n${lines}`);
    job("node.yml", "command: node solo.js\ncode: ./solo.js\n");
    job("plain.yml", "command: echo no; exit 3\n");
    const location = (file: string) => rig.run("run", file).steps[0]?.error?.location;
    expect(location("node.yml")).toEqual({ file: rig.at("solo.js"), line: 3 });
    expect(location("plain.yml")).toBeNull();
  });

  it("is told so for a function of a module, also where a file elsewhere threw", () => {
    rig = makeRig("failing");
    rig.write(
      "shared/rates.ts",
      "interface Rate { of: number }\n\nexport const rate = (x: Rate) => {\n  throw new Error(`${x.of}`);\n};\n",
    );
    rig.write(
      "pipes/rates.ts",
      `import { pipeline, step } from "stepwell";
import { rate } from "../shared/rates.ts";

const train = step({ name: "train", run() { rate({ of: 1 }); } });
export default pipeline({ name: "rates" }, () => { train(); });
`,
    );
    const done = rig.cli("run", "pipes/rates.ts");
    expect(done.stderr).toContain("  at shared/rates.ts:4\n");
    const [train] = rig.run("show", "last").steps;
    expect(train?.error?.location).toEqual({ file: rig.at("shared/rates.ts"), line: 4 });
    rig.write(
      "pipes/read.ts",
      `import { readFileSync } from "node:fs";
import { pipeline, step } from "stepwell";
const read = step({ name: "read", run() { readFileSync("rates.json"); } });
export default pipeline({ name: "read" }, () => { read(); });
`,
    );
    rig.write("pipes/rates.json", "{}");
    expect(rig.cli("run", "pipes/read.ts").stderr).toMatch(
      /→ \S+\/pipes\/rates\.json is there, but no file beside the module .*"\.\/rates\.json"/,
    );
  });

  it("opens in `shell` with the failed attempt's own files, and says when they are gone", () => {
    project(TRAIN);
    rig.cli("run", "--name", "one");
    const look = ["shell", "train", "--", "bash", "-c"];
    const there = rig.cli(...look, "cat notes.txt; test -e step.sh; echo more > more.txt");
    expect([there.code, there.stdout]).toEqual([0, "half way"]);
    expect(there.stderr).toContain("the files of attempt 1, as it left them, are in");
    const output = /output model {2}(\S+)/.exec(there.stderr)?.[1] ?? "";
    expect(fs.readFileSync(`${output}/weights`, "utf8")).toBe("half");
    const again = rig.cli(...look, "ls; ./step.sh");
    expect(again.stdout.split("\n")).toContain("more.txt");
    expect(again.stdout).not.toContain("step-2.sh");
    expect(again.stderr).toContain("ZeroDivisionError");

    expect(rig.cli("gc").code).toBe(0);
    expect(rig.cli(...look, "cat notes.txt more.txt").code).toBe(0);
    fs.rmSync(rig.at(".stepwell/work"), { recursive: true });
    const fresh = rig.cli(...look, "ls");
    expect(fresh.stderr).toMatch(/the files of attempt 1 are gone .*: this is a fresh copy/);
    expect(fresh.stdout).not.toContain("notes.txt");
    expect(fresh.stdout).toContain("train.py");
  });

  it("leaves its files and outputs for 7 days, then gc takes them", async () => {
    project(TRAIN);
    rig.cli("run", "--name", "one");
    const inDays = async (days: number): Promise<readonly [work: number, attempts: number]> => {
      const { work, attempts } = await collectLater(rig, days * 24, true);
      return [work.count, attempts.count];
    };
    // What the step before it left is gone at once.
    expect(await inDays(6.9)).toEqual([0, 1]);
    // Its work folder; its own folder and its outputs.
    expect(await inDays(7.1)).toEqual([1, 3]);
  });

  it("gets a hint where the cause is known, by name and never by value", () => {
    project("python3 -c 'import os; os.environ[\"BIKES_TOKEN\"]'");
    const done = rig.cliWith({ BIKES_TOKEN: "hunter2-hunter2" }, "run", "--name", "one");
    expect(done.stderr).toContain("→ your shell has BIKES_TOKEN, and steps do not inherit it");
    expect(rig.cli("show", "one").stdout).toContain("run with --env BIKES_TOKEN");
    const holders = fs
      .readdirSync(rig.folder, { recursive: true })
      .map((name) => rig.at(String(name)))
      .filter((file) => fs.statSync(file).isFile() && fs.readFileSync(file).includes("hunter2"));
    expect(holders).toEqual([]);
    const given = rig.cliWith({ BIKES_TOKEN: "x" }, "run", "--env", "BIKES_TOKEN");
    expect(given.stderr).not.toContain("BIKES_TOKEN,");
  });

  it.each<[string, string, RegExp]>([
    [
      "a missing module",
      "python3 -c 'import nothing_like_it'",
      /→ the step ran in python of your shell, which has no nothing_like_it: python3 -m pip install nothing_like_it/,
    ],
    [
      "an ignored file",
      "cat data/big.csv",
      /→ \S+\/code\/data\/big\.csv is there, but was left out of the step's copy by `data\/` \(\S+\/code\/\.gitignore:2\)/,
    ],
    [
      "an ignored module",
      "python3 -c 'import secrets_of_mine'",
      /secrets_of_mine\.py is there.*\.gitignore:3/,
    ],
    [
      "a module beside the code",
      "python3 -c 'import features'",
      /→ \S+\/features\.py is there, but it is not in the step's code \(code: \.\/code\).*additional_includes: \[\.\/features\.py\]/,
    ],
    [
      "a file beside the pipeline",
      "python3 -c 'open(\"rows.csv\")'",
      /→ \S+\/rows\.csv is there, but.*make it an input \(path: \.\/rows\.csv, /,
    ],
    [
      "a file that is named as it lies from the code",
      "cat ../rows.csv",
      /→ \S+\/rows\.csv is there, but/,
    ],
    ["a kill", "kill -9 $$", /→ a process was killed from outside/],
    ["a kill further down", "bash -c 'kill -9 $$'; exit $?", /→ a process was killed from outside/],
  ])("gets a hint for %s", (_, command, hint) => {
    project(JSON.stringify(command));
    rig.write("code/.gitignore", "# what is large\ndata/\nsecrets_*\n");
    rig.write("code/data/big.csv", "1\n");
    rig.write("code/secrets_of_mine.py", "");
    for (const name of ["features.py", "rows.csv"]) rig.write(name, "");
    const done = rig.cli("run");
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(hint);
  });
});

/** Counts up in its checkpoint, says where it began, and fails until there is a file `go`; `wait` holds it before its end. */
const COUNTS = `type: pipeline
display_name: counts
settings: {default_compute: azureml:local}
jobs:
  count:
    command: |
      n=$(cat "$STEPWELL_CHECKPOINT_DIR/n" 2>/dev/null || echo 0)
      echo "from $n"
      echo $((n + 1)) > "$STEPWELL_CHECKPOINT_DIR/n"
      echo "$STEPWELL_RUN" >> HOME/ledger
      while [ -e HOME/wait ]; do sleep 0.05; done
      test -e HOME/go && echo done > \${{outputs.out}}
    outputs: {out: {type: uri_file}}
    checkpoint: true
`;

function counting(change: (text: string) => string = (text) => text): void {
  rig = makeRig("checkpoint");
  rig.write("stepwell.yml", "computes: {local: {type: local, cpus: 4}}\n");
  rig.write(
    "pipeline.yml",
    change(COUNTS).replaceAll("HOME", () => rig.folder),
  );
}

/** Where the attempts of the step began, in the order of their numbers. */
function beginnings(run: string): readonly string[] {
  const steps = rig.run("show", run).steps;
  return (steps[0]?.attempts ?? []).map(({ log }) => fs.readFileSync(log, "utf8").trim());
}

const checkpoints = (): readonly string[] => fs.readdirSync(rig.at(".stepwell/checkpoints"));

describe("a step with a checkpoint", () => {
  it("goes on from it after a retry and in a later run, and it goes with success", () => {
    counting((text) =>
      text.replace("    checkpoint", "    retry: {max_retries: 1}\n    checkpoint"),
    );
    const first = rig.cli("run", "--name", "one");
    expect(first.code).toBe(1);
    expect(beginnings("one")).toEqual(["from 0", "from 1"]);
    expect(first.stderr).toMatch(/resume {2}count {2}from a checkpoint [\d.]+ s old/);
    rig.write("go", "");
    const second = rig.cli("run", "--name", "two");
    expect(second.code).toBe(0);
    expect(beginnings("two")).toEqual(["from 2"]);
    expect(rig.cli("show", "two").stdout).toMatch(
      /attempt count\.1 continued from a checkpoint [\d.]+ s old/,
    );
    const [attempt] = rig.run("show", "two").steps[0]?.attempts ?? [];
    expect(attempt?.checkpoint).toMatchObject({ ageS: expect.any(Number) });
    expect(checkpoints().filter((name) => !name.startsWith("."))).toEqual([]);
    // It is no part of what the step is.
    rig.write("pipeline.yml", rig.read("pipeline.yml").replace("    checkpoint: true\n", ""));
    expect(rig.run("run").steps[0]?.reuse.decision).toBe("reused");
  });

  it("goes on from it after a timeout, a cancel and kill -9 of everything", async () => {
    counting((text) => text.replace("    checkpoint", "    limits: {timeout: 5}\n    checkpoint"));
    rig.write("wait", "");
    expect(rig.run("run", "--name", "slow").steps[0]?.error?.code).toBe("timeout");
    rig.write("pipeline.yml", rig.read("pipeline.yml").replace("timeout: 5", "timeout: 100"));

    const cancelled = rig.start("run", "--name", "cancelled");
    await eventually(() => rig.read("ledger").includes("cancelled"), "the step runs");
    rig.cli("cancel", "cancelled");
    expect(await exited(cancelled)).toBe(3);
    expect(beginnings("cancelled")).toEqual(["from 1"]);

    const killed = rig.start("run", "--name", "killed");
    await eventually(() => rig.read("ledger").includes("killed"), "the step runs");
    expect(killEverything(rig.folder)).toBeGreaterThan(0);
    await exited(killed);
    rig.write("go", "");
    fs.rmSync(rig.at("wait"));
    expect(rig.run("run", "--name", "after").status).toBe("Completed");
    expect(beginnings("after")).toEqual(["from 3"]);
  });

  it("keeps its folder to itself when the engine alone is killed", async () => {
    counting();
    rig.write("wait", "");
    const killed = rig.start("run", "--name", "one");
    await eventually(() => fs.existsSync(rig.at("ledger")), "the step runs");
    killed.kill("SIGKILL");
    await exited(killed);
    const resumed = rig.start("run", "--resume", "one");
    const forced = rig.start("run", "--name", "two", "--force");
    await eventually(() => rig.read("ledger").includes("two"), "the forced step runs");
    rig.write("go", "");
    fs.rmSync(rig.at("wait"));
    expect([await exited(resumed), await exited(forced)]).toEqual([0, 0]);
    expect([beginnings("one"), beginnings("two")]).toEqual([["from 0"], ["from 0"]]);
  });

  it("starts with it empty when forced, and keeps it after success where it says so", () => {
    counting((text) =>
      text.replace("checkpoint: true", "properties: {stepwell.checkpoint: '{\"keep\": true}'}"),
    );
    rig.run("run", "--name", "one");
    rig.write("go", "");
    rig.run("run", "--name", "two", "--force");
    expect(beginnings("two")).toEqual(["from 0"]);
    const [folder] = checkpoints().filter((name) => !name.includes("."));
    expect(rig.read(`.stepwell/checkpoints/${folder}/n`)).toBe("1\n");
    expect(rig.cli("gc").stdout).toMatch(/\b0 +checkpoints unused for 30 days/);
    const old = Date.now() / 1000 - 31 * 86_400;
    for (const name of checkpoints())
      fs.utimesSync(rig.at(`.stepwell/checkpoints/${name}`), old, old);
    expect(rig.cli("gc").stdout).toMatch(/\b1 +checkpoints unused for 30 days/);
    expect(checkpoints()).toEqual([]);
  });

  it("is no undeclared input of a Python that reads and lists it, so that its result is reused", () => {
    rig = makeRig("checkpoint");
    rig.write(
      "code/train.py",
      `import os, sys
saved = os.environ["STEPWELL_CHECKPOINT_DIR"]
print(sorted(os.listdir(saved)), [open(os.path.join(saved, name)).read() for name in os.listdir(saved)])
open(os.path.join(saved, "first"), "a").write("x")
os.path.exists(${JSON.stringify(rig.at("go"))}) or sys.exit(1)
open(sys.argv[1], "w").write("done")
`,
    );
    const job = "type: command\ncompute: local\ncode: ./code\n";
    const rest =
      "command: python3 train.py ${{outputs.o}}\noutputs: {o: {type: uri_file}}\nproperties: {stepwell.checkpoint: 'true'}\n";
    rig.write("pipeline.yml", job + rest);
    expect(rig.run("run").status).toBe("Failed");
    rig.write("go", "");
    expect(rig.run("run", "--strict")).toMatchObject({ status: "Completed", warnings: [] });
    expect(rig.run("run").steps[0]?.reuse.decision).toBe("reused");
  });

  it("has in `shell` an empty one of the shell's own", () => {
    counting();
    rig.run("run", "--name", "one");
    const shell = rig.cli(
      "shell",
      "count",
      "--",
      "bash",
      "-c",
      'ls -d "$STEPWELL_CHECKPOINT_DIR"/*',
    );
    expect(shell.stdout).toBe("");
    expect(shell.stderr).toMatch(/attempts\/\w+\/checkpoint/);
  });
});
