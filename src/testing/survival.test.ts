import fs from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { eventually, exited, leftovers, makeRig, type Rig } from "./rig.ts";

// What happens when people and machines interfere: cancels, kills, two users at once, detached runs. The steps' work is
// held by files that the test makes, never by time.

let rig: Rig;

afterEach(() => rig.remove());

/** A chain whose steps write their name to the ledger, then wait for a file `go-NAME`. */
function chain(names: readonly string[]): string {
  const jobs = names.map((name, index) => {
    const before = names[index - 1];
    const input =
      before === undefined ? "seed: x" : `from: "\${{parent.jobs.${before}.outputs.out}}"`;
    const use = before === undefined ? "${{inputs.seed}}" : "$(cat ${{inputs.from}})";
    return `
  ${name}:
    command: echo ${name} >> "$HOME_OF_TEST/ledger"; until [ -e "$HOME_OF_TEST/go-${name}" ]; do sleep 0.05; done; echo "${use} ${name}" > \${{outputs.out}}
    environment_variables: {HOME_OF_TEST: ${JSON.stringify(rig.folder)}}
    inputs: {${input}}
    outputs: {out: {type: uri_file}}`;
  });
  return `type: pipeline\ndisplay_name: chain\nsettings: {default_compute: azureml:local}\njobs:${jobs.join("")}\n`;
}

function ledgerHas(name: string): () => boolean {
  return () => {
    try {
      return rig.read("ledger").split("\n").includes(name);
    } catch {
      return false;
    }
  };
}

describe("a run that is interfered with", () => {
  it("is started six times at once in a fresh folder, and each ends well", async () => {
    rig = makeRig("fresh");
    rig.write("job.yml", "type: command\ncompute: local\ncommand: echo one\n");
    const starts = Array.from({ length: 6 }, () => rig.watch({}, "run", "job.yml"));
    const codes = await Promise.all(starts.map(({ child }) => exited(child)));
    expect(starts.map(({ said }) => said()).join("")).not.toMatch(/bug|EEXIST|locked/);
    expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
    expect(JSON.parse(rig.cli("runs", "--json").stdout).runs).toHaveLength(6);
  });

  it("is cancelled by Ctrl-C where it was started", async () => {
    rig = makeRig("interrupt");
    const command = `echo begun >> ${rig.at("ledger")}; while true; do sleep 0.1; done`;
    rig.write("job.yml", `type: command\ncompute: local\ncommand: "${command}"\n`);
    const child = rig.start("run", "job.yml", "--name", "one");
    await eventually(ledgerHas("begun"), "the step runs");
    child.kill("SIGINT");
    expect(await exited(child)).toBe(3);
    expect(rig.run("show", "one").status).toBe("Canceled");
    expect(leftovers(rig.folder)).toEqual([]);
  });

  it("goes on when it is submitted again with its key after its process was killed", async () => {
    rig = makeRig("key");
    rig.write("pipeline.yml", chain(["a", "b"]));
    const words = ["run", "pipeline.yml", "--idempotency-key", "k"];
    const child = rig.start(...words);
    await eventually(ledgerHas("a"), "step a runs");
    child.kill("SIGKILL");
    await exited(child);
    rig.write("go-a", "");
    rig.write("go-b", "");
    const again = rig.run(...words);
    expect([again.name, again.status]).toEqual(["chain-1", "Completed"]);
  });

  it.each([false, true])(
    "goes on in a second process that sees it through when the first one is killed (another run's is the engine: %s)",
    async (isEngineApart) => {
      rig = makeRig("second-process");
      rig.write("stepwell.yml", "computes: {local: {type: local, cpus: 3}}\n");
      rig.write("other.yml", chain(["other"]));
      const other = isEngineApart ? rig.start("run", "other.yml") : null;
      if (isEngineApart) await eventually(ledgerHas("other"), "the engine is there");
      rig.write("pipeline.yml", chain(["a", "b"]));
      const first = rig.start("run", "pipeline.yml", "--name", "one");
      await eventually(ledgerHas("a"), "step a runs");
      const second = rig.watch({}, "run", "--resume", "one");
      await eventually(() => second.said().includes("run one"), "the second process follows it");
      first.kill("SIGKILL");
      await exited(first);
      // What is submitted lets the engine look whose processes are gone.
      rig.write("go-quick", "");
      rig.write("quick.yml", chain(["quick"]));
      expect(rig.cli("run", "quick.yml").code).toBe(0);
      for (const name of ["a", "b", "other"]) rig.write(`go-${name}`, "");
      expect(await exited(second.child)).toBe(0);
      if (other !== null) expect(await exited(other)).toBe(0);
    },
  );

  it("is cancelled with its whole tree, also when the step forks away and ignores TERM", async () => {
    rig = makeRig("cancel");
    rig.write(
      "pipeline.yml",
      `type: pipeline
display_name: stubborn
settings: {default_compute: azureml:local}
jobs:
  stubborn:
    command: |
      trap '' TERM
      (setsid bash -c 'trap "" TERM; while true; do sleep 1; done' &)
      echo stubborn >> ${rig.at("ledger")}
      while true; do sleep 1; done
`,
    );
    const child = rig.start("run", "pipeline.yml", "--name", "one");
    await eventually(ledgerHas("stubborn"), "the step runs");
    expect(rig.cli("cancel", "one").code).toBe(0);
    expect(await exited(child)).toBe(3);
    const run = rig.run("show", "one");
    expect(run.status).toBe("Canceled");
    expect(run.steps.map((step) => step.status)).toEqual(["Canceled"]);
    expect(leftovers(rig.folder)).toEqual([]);
  });

  it("goes on after kill -9: what ran is recorded, what finished is not run again", async () => {
    rig = makeRig("kill");
    rig.write("pipeline.yml", chain(["a", "b", "c"]));
    rig.write("go-a", "");
    const child = rig.start("run", "pipeline.yml", "--name", "one");
    await eventually(ledgerHas("b"), "step b runs");
    child.kill("SIGKILL");
    await exited(child);
    expect(rig.run("show", "one").status).toBe("Interrupted");
    rig.write("go-b", "");
    rig.write("go-c", "");
    const resumed = rig.run("run", "--resume", "one");
    expect(resumed.status).toBe("Completed");
    expect(rig.ran()).toEqual(["a", "b", "c"]);
    const path = resumed.steps[2]?.outputs.out?.path ?? "";
    expect(rig.read(path.slice(rig.folder.length + 1))).toBe("x a b c\n");
    expect(leftovers(rig.folder)).toEqual([]);
  });

  it("prints the result again when a run that has ended is resumed", () => {
    rig = makeRig("again");
    rig.write("pipeline.yml", chain(["a"]));
    rig.write("go-a", "");
    rig.run("run", "pipeline.yml", "--name", "one");
    const again = rig.cli("run", "--resume", "one", "--json");
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ name: "one", status: "Completed" });
    expect(rig.ran()).toEqual(["a"]);
    expect(rig.cli("run", "--resume", "nobody").code).toBe(2);
  });

  it("does work that two runs want at the same time once", async () => {
    rig = makeRig("two");
    rig.write("pipeline.yml", chain(["a", "b"]));
    const first = rig.start("run", "pipeline.yml", "--name", "one");
    await eventually(ledgerHas("a"), "step a runs");
    const second = rig.start("run", "pipeline.yml", "--name", "two");
    await eventually(() => rig.cli("runs").stdout.includes("two"), "the second run is submitted");
    rig.write("go-a", "");
    rig.write("go-b", "");
    expect(await exited(first)).toBe(0);
    expect(await exited(second)).toBe(0);
    expect(rig.ran()).toEqual(["a", "b"]);
  });

  it("leaves the work to the other run when one of the two is cancelled", async () => {
    rig = makeRig("heir");
    rig.write("pipeline.yml", chain(["a"]));
    const first = rig.start("run", "pipeline.yml", "--name", "one");
    await eventually(ledgerHas("a"), "step a runs");
    const second = rig.watch({}, "run", "pipeline.yml", "--name", "two");
    const attached = (): boolean => second.said().includes("one is doing the same work");
    await eventually(attached, "the second run waits for the first");
    rig.cli("cancel", "one");
    expect(await exited(first)).toBe(3);
    rig.write("go-a", "");
    expect(await exited(second.child)).toBe(0);
    expect(rig.ran()).toEqual(["a"]);
  });

  it("goes on by itself when it was detached, and its engine ends", async () => {
    rig = makeRig("detach");
    rig.write("pipeline.yml", chain(["a", "b"]));
    rig.write("go-a", "");
    const submitted = JSON.parse(rig.cli("run", "pipeline.yml", "--detach", "--json").stdout);
    expect(submitted).toEqual({ name: "chain-1", status: "Queued" });
    await eventually(ledgerHas("b"), "step b runs");
    rig.write("go-b", "");
    const ended = (): boolean => rig.run("show", "chain-1").status === "Completed";
    await eventually(ended, "the detached run ends");
    expect(rig.ran()).toEqual(["a", "b"]);
  });

  it("fails with the reason, the end of the log, and what did not run because of it", () => {
    rig = makeRig("fail");
    rig.write(
      "pipeline.yml",
      `type: pipeline
display_name: fails
settings: {default_compute: azureml:local}
jobs:
  bad:
    command: echo before; echo reason >&2; exit 7
    outputs: {out: {type: uri_file}}
  next:
    command: cat \${{inputs.x}}
    inputs: {x: "\${{parent.jobs.bad.outputs.out}}"}
`,
    );
    const done = rig.cli("run", "pipeline.yml", "--json");
    expect(done.code).toBe(1);
    const run = JSON.parse(done.stdout);
    expect(run.status).toBe("Failed");
    expect(run.steps[0]).toMatchObject({
      status: "Failed",
      attempts: [{ number: 1, exitCode: 7, reason: "exited" }],
      error: { code: "exit_code", logTail: ["before", "reason"] },
    });
    expect(run.steps[1]).toMatchObject({ status: "Skipped", reuse: { decision: "none" } });
  });

  it("tries again as its retry says, with a log for each attempt", () => {
    rig = makeRig("retry");
    rig.write(
      "pipeline.yml",
      `type: pipeline
display_name: flaky
settings: {default_compute: azureml:local}
jobs:
  flaky:
    command: echo try $STEPWELL_ATTEMPT_NUMBER; test $STEPWELL_ATTEMPT_NUMBER = 3
    properties: {stepwell.retry: '{"max_retries": 2}'}
`,
    );
    const run = rig.run("run", "pipeline.yml");
    expect(run.status).toBe("Completed");
    const [step] = run.steps;
    expect(step?.attempts.map((attempt) => attempt.status)).toEqual([
      "Failed",
      "Failed",
      "Completed",
    ]);
    expect(rig.cli("logs", run.name, "flaky").stdout).toContain("try 2");
  });

  it("does not call a nested pipeline completed of which a failure kept a step from running", () => {
    rig = makeRig("partly");
    rig.write(
      "inner.yml",
      `type: pipeline
inputs: {x: {type: uri_file}}
jobs:
  first: {command: echo first}
  second: {command: "cat \${{inputs.x}}", inputs: {x: "\${{parent.inputs.x}}"}}
`,
    );
    rig.write(
      "pipeline.yml",
      `type: pipeline
settings: {default_compute: azureml:local, continue_on_step_failure: true}
jobs:
  bad: {command: "exit $CODE > \${{outputs.o}}", environment_variables: {CODE: "1"}, outputs: {o: {type: uri_file}}}
  inner: {type: pipeline, component: ./inner.yml, inputs: {x: "\${{parent.jobs.bad.outputs.o}}"}}
`,
    );
    const statuses = (...words: readonly string[]) =>
      rig.run("run", "pipeline.yml", ...words).steps.map(({ name, status }) => `${name} ${status}`);
    expect(statuses()).toEqual([
      "bad Failed",
      "inner Skipped",
      "inner.first Completed",
      "inner.second Skipped",
    ]);
    expect(statuses("--until", "inner.first")).toContain("inner Completed");
    const good = ["--set", "jobs.bad.environment_variables.CODE=0"];
    expect(statuses(...good)).toContain("inner Completed");
  });

  it("keeps an attempt failed when its step is cancelled before the next one", async () => {
    rig = makeRig("retry-cancelled");
    rig.write(
      "job.yml",
      `type: command
compute: local
command: exit 5
properties: {stepwell.retry: '{"max_retries": 1, "delay": "1h"}'}
`,
    );
    rig.cli("run", "job.yml", "--detach", "--name", "one");
    const attempt = () => rig.run("show", "one").steps[0]?.attempts[0];
    await eventually(() => attempt()?.status === "Failed", "the attempt fails");
    rig.cli("cancel", "one");
    expect(rig.run("show", "one")).toMatchObject({
      status: "Canceled",
      steps: [{ status: "Canceled" }],
    });
    expect(attempt()).toMatchObject({ status: "Failed", exitCode: 5, reason: "exited" });
  });

  it("says of an attempt that never began why it is made again", async () => {
    rig = makeRig("unbegun");
    rig.write("job.yml", "type: command\ncompute: local\ncommand: echo once\n");
    const words = ["run", "job.yml", "--name", "one"];
    expect(
      await exited(rig.startWith({ STEPWELL_CRASH_AT: "after-commit:1" }, ...words)),
    ).toBeNull();
    const resumed = rig.cli("run", "--resume", "one");
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toMatch(
      /attempt 1 was lost: it had not begun when the process that was to start it ended/,
    );
  });

  it("leaves out what a failure kept from beginning, and what waited in an engine that was killed meanwhile", async () => {
    rig = makeRig("kept-from");
    rig.write("stepwell.yml", "slots: 1\n");
    const quick = [1, 2, 3, 4, 5, 6].map((n) => `  quick${n}: {command: echo ${n}}\n`);
    const go = JSON.stringify(rig.at("go"));
    rig.write(
      "pipeline.yml",
      `type: pipeline
settings: {default_compute: azureml:local}
jobs:
${quick.join("")}  bad:
    command: echo bad >> "$(dirname "$GO")/ledger"; until [ -e "$GO" ]; do sleep 0.05; done; exit 1
    environment_variables: {GO: ${go}}
  later: {command: echo later}
`,
    );
    const engine = rig.start("run", "pipeline.yml", "--name", "one");
    // Steps as short as these are handed on ahead.
    const isAhead = (): boolean =>
      rig.peek().includes("bad") && rig.run("show", "one").steps[7]?.attempts.length === 1;
    await eventually(isAhead, "one runs and one waits");
    engine.kill("SIGKILL");
    await exited(engine);
    rig.write("go", "");
    const isOver = (): boolean => (rig.run("show", "one").status as string) === "Interrupted";
    await eventually(isOver, "it is interrupted");
    const resumed = rig.cli("run", "--resume", "one");
    expect(resumed.code).toBe(1);
    expect(resumed.stdout + resumed.stderr).toContain("because of it these did not run: later");
    const later = rig.run("show", "one").steps[7];
    expect(later).toMatchObject({
      status: "Skipped",
      reuse: { decision: "none", reason: null },
      error: null,
    });
    expect(rig.cli("why", "one", "later").stdout).toContain("step bad failed");
  });

  it("keeps a secret out of the record, the logs and every other file", () => {
    rig = makeRig("secret");
    const secret = "hunter2-hunter2";
    rig.write(
      "pipeline.yml",
      `type: pipeline
display_name: secret
settings: {default_compute: azureml:local}
jobs:
  tells:
    command: echo "the token is $TOKEN" && test -n "$TOKEN"
`,
    );
    const run = rig.run("run", "pipeline.yml", "--env", `TOKEN=${secret}`);
    expect(run.status).toBe("Completed");
    expect(rig.cli("logs", run.name, "tells").stdout).toContain("the token is ***");
    const holders = fs
      .readdirSync(rig.folder, { recursive: true })
      .map((name) => rig.at(String(name)))
      .filter((file) => fs.statSync(file).isFile() && fs.readFileSync(file).includes(secret));
    expect(holders).toEqual([]);
  });
});
