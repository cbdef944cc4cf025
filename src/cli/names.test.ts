import type { ChildProcess } from "node:child_process";
import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RUN_WORDS } from "../spec/run-words.ts";
import { type Ended, eventually, exited, makeRig, type Rig } from "../testing/rig.ts";

// What a user means by RUN, STEP, OUTPUT and FILE, as they type them: one workspace, one story.

let rig: Rig;

beforeAll(() => {
  rig = makeRig("names");
  rig.write("pipeline.yml", PIPELINE);
  rig.write("other.yml", OTHER);
  for (const words of [[], [], ["--set", "jobs.train.command=false"], ["other.yml"]])
    rig.cli("run", ...words);
});

afterAll(() => rig.remove());

const PIPELINE = `
type: pipeline
display_name: Taxi fares
settings: {default_compute: azureml:local}
jobs:
  prepare:
    command: "echo data > \${{outputs.clean}}"
    outputs: {clean: {type: uri_file}}
  train:
    command: "cat \${{inputs.clean}} > \${{outputs.model}}; echo learning"
    inputs: {clean: "\${{parent.jobs.prepare.outputs.clean}}"}
    outputs: {model: {type: uri_file}}
`;

/** A pipeline that is named like a step of the other one. */
const OTHER = `
type: pipeline
display_name: train
settings: {default_compute: azureml:local}
jobs:
  prepare:
    command: echo other
  check:
    command: "true"
`;

const RUNS = ["taxi-fares-1", "taxi-fares-2", "taxi-fares-3", "train-1"];

function shown(word?: string): Ended & { readonly name: string } {
  const ended = rig.cli("show", ...(word === undefined ? [] : [word]), "--json");
  return { ...ended, name: ended.code === 0 ? JSON.parse(ended.stdout).name : "" };
}

describe("RUN", () => {
  it.each([
    ["taxi-fares-2", RUNS[1]],
    [undefined, RUNS[3]],
    ["last", RUNS[3]],
    ["last~2", RUNS[1]],
    ["last-failed", RUNS[2]],
    ["taxi-fares@last", RUNS[2]],
    ["Taxi fares@last~1", RUNS[1]],
    ["train@last", RUNS[3]],
    ["tr", RUNS[3]],
  ])("%s is %s", (word, name) => {
    expect(shown(word)).toMatchObject({ code: 0, name });
  });

  it.each(RUN_WORDS)("cannot be called %s, which means another run", (word) => {
    const named = rig.cli("run", "pipeline.yml", "--name", word);
    expect([named.code, named.stderr]).toEqual([2, expect.stringContaining("cannot be the name")]);
    rig.write("named.yml", `name: ${word}\n${PIPELINE}`);
    const written = rig.cli("run", "named.yml");
    expect([written.code, written.stderr]).toEqual([2, expect.stringMatching(/named\.yml:1:\d/)]);
    expect(shown(word).name).not.toBe(word);
  });

  it("is refused where it is empty, as every other word is", () => {
    for (const words of [
      ["show", ""],
      ["logs", ""],
      ["logs", "last", ""],
      ["run", ""],
      ["plan", "-f", ""],
    ])
      expect(rig.cli(...words)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(
          /the (name of the \w+|value of -\w) is empty\n.*variable in your command line/,
        ),
      });
  });

  it("is refused where several begin so, with their names", () => {
    const ended = shown("taxi");
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/taxi-fares-3, taxi-fares-2, taxi-fares-1/);
    expect(ended.stderr).toMatch(/taxi-fares@last/);
  });

  it("is refused where there is none, and where last~9 goes too far", () => {
    expect(shown("nobody").stderr).toMatch(/no run named nobody/);
    expect(shown("last~9").stderr).toMatch(/there are only 4 of them/);
    expect(shown("nobody@last").stderr).toMatch(/no run of a pipeline nobody/);
  });

  it("may be left out of diff, rerun and cancel", () => {
    expect(rig.cli("diff", "last~3").stdout).toMatch(/^taxi-fares-1 .*train-1/);
    expect(rig.cli("cancel").stdout).toMatch(/train-1 has already ended/);
  });
});

describe("one word", () => {
  it("that JavaScript knows is a name like any other", () => {
    expect(rig.cli("logs", "constructor", "prepare").stderr).toMatch(/no run named constructor/);
    expect(rig.cli("toString", "x").stderr).toMatch(/unknown command 'toString'/);
  });

  it("is a step or an output of the last run", () => {
    expect(rig.cli("why", "check").stdout).toMatch(/^check ran: never ran/);
    expect(rig.cli("logs", "prepare").stdout).toBe("other\n");
    expect(rig.cli("shell", "check", "--", "echo", "$0 here").stdout).toBe("$0 here\n");
    expect(rig.cli("outputs", "nothing.x").stderr).toMatch(/neither a run nor an output of/);
    expect(rig.cli("outputs", "taxi-fares-2").stdout).toBe("prepare.clean\ntrain.model\n");
  });

  it("is a run where a run is named so", () => {
    expect(rig.cli("logs", "train-1").stdout).toMatch(/other/);
    const ended = rig.cli("why", "train-1");
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringMatching(/say which step/)]);
  });

  it("is refused where it is a step and begins another run's name, with both", () => {
    expect(rig.cli("run").code).toBe(0);
    expect(shown().name).toBe("taxi-fares-4");
    const ended = rig.cli("why", "train");
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(
      /train is a step of taxi-fares-4 and the beginning of run train-1/,
    );
    expect(ended.stderr).toMatch(/write taxi-fares-4 train, or train-1/);
    expect(rig.cli("outputs", "train.model").stdout).toMatch(/model/);
  });

  it("that means nothing is answered with the nearest name", () => {
    const ended = rig.cli("logs", "prepaer");
    expect([ended.code, ended.stderr]).toEqual([
      2,
      expect.stringMatching(/did you mean prepare\?/),
    ]);
  });
});

describe("FILE", () => {
  it("is pipeline.yml when it is left out, and -f names it as az ml does", () => {
    expect(rig.cli("plan").stdout).toMatch(/train/);
    expect(rig.cli("validate", "-f", "other.yml").stdout).toBe("other.yml is valid\n");
    expect(rig.cli("plan", "other.yml", "-f", "pipeline.yml").code).toBe(2);
  });

  it("is refused when pipeline.yml and pipeline.yaml are both there, and when none is", () => {
    rig.write("pipeline.yaml", PIPELINE);
    expect(rig.cli("plan").stderr).toMatch(/pipeline\.yml and pipeline\.yaml are both here/);
    fs.rmSync(rig.at("pipeline.yaml"));
    fs.renameSync(rig.at("pipeline.yml"), rig.at("moved.yml"));
    expect(rig.cli("run").stderr).toMatch(/name the file(?: \(.*\))?, or start one: stepwell init/);
    rig.write("a-job.yml", "command: ls\n");
    expect(rig.cli("plan").stderr).toMatch(/name the file \(a-job\.yml.*\), or start one/);
    fs.renameSync(rig.at("moved.yml"), rig.at("pipeline.yml"));
  });
});

describe("-o", () => {
  it("prints yaml and tsv of what --json prints, before and after the verb", () => {
    expect(rig.cli("show", "train-1", "-o", "yaml").stdout).toMatch(/^schema: 1\nname: train-1\n/);
    const lines = rig.cli("-o", "tsv", "runs", "--limit", "2").stdout.trim().split("\n");
    expect(lines.map((line) => line.split("\t")[0])).toEqual(["taxi-fares-4", "train-1"]);
    expect(rig.cli("runs", "-o", "table").stdout).toMatch(/^RUN +STATUS/);
  });

  it("is refused in a form that there is not, and by a command without an object", () => {
    expect(rig.cli("runs", "-o", "xml").code).toBe(2);
    expect(rig.cli("logs", "-o", "json").stderr).toMatch(/logs prints no object/);
  });

  it("behind -- belongs to the command there", () => {
    expect(rig.cli("shell", "train-1", "check", "--", "echo", "-o", "x").stdout).toBe("-o x\n");
  });
});

describe("what steps print", () => {
  const noisy = `type: command\ncompute: local\ncommand: "echo '10%\\r20%'; printf '%s' half; echo \${{inputs.x}} $SECRET"\ninputs: {x: 1}\n`;

  it("is shown as it comes when one step runs, without the secrets it was handed", () => {
    rig.write("noisy.yml", noisy.replace("echo '", "printf '%b\\\\n' '"));
    const ended = rig.cli("run", "noisy.yml", "--env", "SECRET=hush-hush");
    expect(ended.stderr).toMatch(/^\| 20%\n\| half1 \*\*\*$/m);
    expect(ended.stdout).not.toMatch(/half/);
  });

  it("holds back a secret of several lines too", () => {
    const command = 'printf "%s\\n" "before" "$KEY" "after"';
    rig.write("key.yml", `type: command\ncompute: local\ncommand: '${command}'\n`);
    const ended = rig.cli(
      "run",
      "key.yml",
      "--env",
      "KEY=-----BEGIN-----\nc2VjcmV0\n-----END-----",
    );
    expect(ended.stderr).toMatch(/^\| before\n\| \*\*\*\n\| after$/m);
    expect(ended.stderr).not.toContain("c2VjcmV0");
  });

  it("is not printed again when the step has failed", () => {
    rig.write("failing.yml", "type: command\ncompute: local\ncommand: echo last words; false\n");
    const ended = rig.cli("run", "failing.yml");
    expect([ended.code, ended.stderr.split("last words").length]).toEqual([1, 2]);
  });

  it("is shown with the step's name with --logs, and not with --no-logs", () => {
    const ended = rig.cli("run", "--force", "--stream");
    expect(ended.stderr).toMatch(/^start {3}train.*\ntrain \| learning\ndone/m);
    expect(rig.cli("run", "noisy.yml", "--force", "--no-logs").stderr).not.toMatch(/half/);
    expect(rig.cli("run", "--force").stderr).not.toMatch(/learning/);
  });
});

/** True once this process has the workspace's record open. */
function readsRecord({ pid }: ChildProcess): boolean {
  const open = `/proc/${pid}/fd`;
  return fs.readdirSync(open).some((name) => {
    try {
      return fs.readlinkSync(`${open}/${name}`).endsWith("/stepwell.db");
    } catch {
      return false; // It was closed meanwhile.
    }
  });
}

describe("a run that goes on elsewhere", () => {
  const waiting = (name: string): string =>
    `type: command\ncompute: local\ncommand: while [ ! -e "${rig.at(`go-${name}`)}" ]; do sleep 0.05; done; echo over; exit 7\n`;

  it("is followed by attach and waited for by wait, which end with its exit code", async () => {
    rig.write("waiting.yml", waiting("a"));
    expect(rig.cli("run", "waiting.yml", "--detach", "--name", "far").code).toBe(0);
    // `wait` says nothing before the end: it has begun when it has opened the record.
    const waiter = rig.start("wait", "far");
    await eventually(() => readsRecord(waiter), "wait to look at the run");
    const { child: follower, said } = rig.watch({}, "attach");
    await eventually(() => said() !== "", "attach to follow the run");
    expect([waiter.exitCode, follower.exitCode]).toEqual([null, null]);
    rig.write("go-a", "");
    expect(await Promise.all([follower, waiter].map(exited))).toEqual([1, 1]);
    expect(rig.cli("wait", "far").stdout).toMatch(/^far Failed/);
    expect(rig.cli("attach", "far", "--json").code).toBe(1);
  });

  it("is left alone by whoever stops following it", async () => {
    rig.write("waiting.yml", waiting("b"));
    rig.cli("run", "waiting.yml", "--detach", "--name", "left");
    await eventually(() => shown("left").stdout.includes('"Running"'), "the run to start");
    const { child: follower, said } = rig.watch({}, "attach", "left");
    await eventually(() => said() !== "", "attach to follow the run");
    follower.kill("SIGINT");
    expect(await exited(follower)).toBe(130);
    expect(said()).toContain("left goes on");
    expect(JSON.parse(shown("left").stdout).status).toBe("Running");
    rig.write("go-b", "");
    expect(rig.cli("wait", "left").code).toBe(1);
  });

  it("is told apart from one that nobody goes on with", async () => {
    rig.write("waiting.yml", waiting("c"));
    const owner = rig.start("run", "waiting.yml", "--name", "orphan");
    await eventually(() => shown("orphan").stdout.includes('"Running"'), "the run to start");
    owner.kill("SIGKILL");
    await exited(owner);
    const ended = rig.cli("attach", "orphan");
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringMatching(/--resume orphan/)]);
    rig.write("go-c", "");
    expect(rig.cli("run", "--resume", "orph").code).toBe(1);
  });
});
