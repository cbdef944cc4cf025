import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CLI, eventually, exited, leftovers, makeRig, type Rig } from "./rig.ts";

// Steps and machines that behave oddly: daemons, outputs that their own step removes, input that may not be read, clocks
// that jump. Each ends in a clear state, and nothing is lost.

let rig: Rig;
beforeEach(() => {
  rig = makeRig("odd");
});
afterEach(() => rig.remove());

function job(command: string, more = ""): string {
  return `type: command\ncompute: azureml:local\ncommand: |\n  ${command}\n${more}`;
}

describe("an odd step", () => {
  it("that leaves a daemon behind completes, and the daemon is stopped", () => {
    const daemon = "(setsid nohup bash -c 'trap \"\" HUP; exec sleep 1000' >/dev/null 2>&1 &)";
    rig.write(
      "job.yml",
      job(`${daemon}; echo done > \${{outputs.o}}`, "outputs: {o: {type: uri_file}}\n"),
    );
    const run = rig.run("run", "job.yml");
    expect(run.status).toBe("Completed");
    expect(leftovers(rig.folder)).toEqual([]);
  });

  it.each([
    ["rm -rf ${{outputs.o}}", "uri_folder"],
    ["echo x > ${{outputs.o}}; rm ${{outputs.o}}", "uri_file"],
    ["rm -rf $(dirname ${{outputs.o}})", "uri_file"],
    ["rm -rf $(dirname $(dirname ${{outputs.o}}))/*", "uri_file"],
  ])("that removes its own output (%s, %s) fails by name", (command, type) => {
    rig.write("job.yml", job(command, `outputs: {o: {type: ${type}}}\n`));
    const run = rig.run("run", "job.yml");
    expect(run.status).toBe("Failed");
    expect(run.steps[0]?.error).toMatchObject({
      code: "missing_output",
      message: expect.stringContaining('output "o"'),
    });
  });

  it.each([
    ["a pipe", 'mkfifo "$L"'],
    ["a device", 'ln -s /dev/zero "$L"'],
    ["a link to a file of yours", 'ln -s "$HERE/mine" "$L"'],
    ["a folder", 'mkdir "$L"'],
    ["nothing", "true"],
  ])(
    "that puts %s in the place of its log ends all the same, and no other file is read or written",
    (_, put) => {
      rig.write("mine", "TOKEN=s3cr3t-value\n");
      rig.write("job.yml", job(`L=$(readlink /proc/$$/fd/1); rm "$L"; ${put}; exit 3`));
      const given = ["--env", "TOKEN=s3cr3t-value", "--env", `HERE=${rig.folder}`];
      const ended = rig.cli("run", "job.yml", ...given, "--json");
      expect(ended.code).toBe(1);
      expect(JSON.parse(ended.stdout).steps[0].error).toMatchObject({
        code: "exit_code",
        logTail: [],
      });
      expect(rig.read("mine")).toBe("TOKEN=s3cr3t-value\n");
      const logs = rig.cli("logs");
      expect([logs.code, logs.stdout]).toEqual([0, ""]);
      expect(logs.stderr).toContain("no log is left");
    },
  );

  it.each([
    ["a pipe", 'mkfifo "$L"'],
    ["a link to a file of yours", 'ln -s "$HERE/mine" "$L"'],
    ["a link to nothing yet", 'ln -s "$HERE/made" "$L"'],
  ])(
    "that puts %s in the place of its retry's log fails for that, with the file's name",
    (_, put) => {
      rig.write("mine", "mine\n");
      const retry = `properties: {stepwell.retry: '{"max_retries": 1}'}\n`;
      const next = "L=$(readlink /proc/$$/fd/1 | sed s/1.log$/2.log/)";
      rig.write("job.yml", job(`${next}; ${put}; exit 3`, retry));
      const words = [
        "run",
        "job.yml",
        "--env",
        "TOKEN=s3cr3t-value",
        "--env",
        `HERE=${rig.folder}`,
      ];
      const [step] = rig.run(...words).steps;
      expect(step?.attempts.map(({ reason }) => reason)).toEqual(["exited", "not_started"]);
      expect(step?.error?.message).toMatch(/2\.log: something that is no file is in its place/);
      expect([rig.read("mine"), fs.existsSync(rig.at("made"))]).toEqual(["mine\n", false]);
    },
  );

  it("that removes the workspace is told as such", () => {
    rig.write("job.yml", job('rm -rf "$HERE/.stepwell"'));
    const done = rig.cli("run", "job.yml", "--env", `HERE=${rig.folder}`);
    expect([done.code, done.stderr]).toEqual([
      4,
      expect.stringMatching(/was removed .*while .* use/),
    ]);
    expect(rig.run("run", "job.yml", "--set", "command=date").status).toBe("Completed");
  });

  it("that writes to its input is told how to have a copy, which it may write to", () => {
    rig.write("data/x.txt", "mine");
    const input = (mode: string): string =>
      `inputs: {d: {type: uri_folder, path: ./data, mode: ${mode}}}\n`;
    rig.write("job.yml", job("echo more >> ${{inputs.d}}/x.txt", input("ro_mount")));
    expect(rig.run("run", "job.yml").steps[0]?.error?.hint).toContain("mode: download");
    rig.write("data/x.txt", "mine");
    rig.write("job.yml", job("echo more >> ${{inputs.d}}/x.txt", input("download")));
    expect(rig.run("run", "job.yml").status).toBe("Completed");
    expect(rig.read("data/x.txt")).toBe("mine");
  });

  it("that puts pipes in the place of all that is read of it completes, and so does the next run", () => {
    const files = 'for f in $(find "$A" -type f); do rm "$f"; mkfifo "$f"; done';
    const more = 'mkfifo "$A/reads" "$(find "$A" -type d -name metrics)/m"';
    rig.write("job.yml", job(`A=$(dirname "$STEPWELL_METRICS"); : mlflow; ${files}; ${more}`));
    expect(rig.run("run", "job.yml", "--force").status).toBe("Completed");
    expect(rig.run("run", "job.yml", "--force").status).toBe("Completed");
    expect(rig.cli("gc").code).toBe(0);
  });

  it.each([
    ["lies deep among long names", "n".repeat(80), 3],
    ["has a name as long as there are", "n".repeat(250), 0],
  ])("that %s has its log like any other", (_, name, depth) => {
    rig.write("leaf.yml", "type: command\nname: leaf\ncommand: echo $AZUREML_RUN_ID\n");
    let inner = "leaf.yml";
    for (let level = 0; level < depth; level += 1) {
      const outer = `level-${level}.yml`;
      rig.write(outer, `type: pipeline\nname: l\njobs: {${name}: {component: ./${inner}}}\n`);
      inner = outer;
    }
    for (const twin of ["a", "b"])
      rig.write(
        `${twin}.yml`,
        `type: pipeline\njobs: {${name}${twin}: {component: ./${inner}}, other: {component: ./leaf.yml}}\n`,
      );
    for (const twin of ["a", "b"]) {
      const run = rig.run("run", `${twin}.yml`, "--force");
      expect(run.status).toBe("Completed");
      const step = run.steps.find((one) => one.type === "command" && one.name !== "other");
      expect(fs.readFileSync(step?.log ?? "", "utf8")).toBe(`${run.name}.${step?.name}\n`);
      expect(rig.cli("logs", run.name, step?.name ?? "").stdout).toContain(step?.name);
    }
  });

  it("that reads what may not be read is refused before it starts", (context) => {
    rig.write("secret/data.txt", "x");
    rig.write(
      "job.yml",
      job("cat ${{inputs.i}}", "inputs: {i: {type: uri_file, path: ./secret/data.txt}}\n"),
    );
    fs.chmodSync(rig.at("secret/data.txt"), 0o000);
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    if ("uid" in nobody)
      for (const name of ["", "job.yml", "secret"]) fs.chownSync(rig.at(name), 65534, 65534);
    const env = { ...process.env, HOME: rig.folder, STEPWELL_WORKSPACE: "" };
    const asNobody = (...words: readonly string[]) =>
      spawnSync(process.execPath, [CLI, ...words], {
        cwd: rig.folder,
        env,
        encoding: "utf8",
        ...nobody,
      });
    if (asNobody("--version").status !== 0) {
      console.warn("skipped: nobody may not read the program itself");
      context.skip();
    }
    const done = asNobody("--workspace", rig.folder, "run", "job.yml");
    expect([done.status, done.stderr]).toEqual([2, expect.stringContaining("permission denied")]);
    expect(done.stderr).toContain("data.txt");
  });
});

/** Shifts this process's wall clock after it has run for a while, as an administrator or NTP does. */
function jumpingClock(seconds: number): Record<string, string> {
  const script = `const now = Date.now; const begin = now();
Date.now = () => now() + (now() - begin > 300 ? ${seconds * 1000} : 0);`;
  rig.write("jump.cjs", script);
  return { NODE_OPTIONS: `--require ${path.join(rig.folder, "jump.cjs")}` };
}

const CHAIN = (folder: string): string => {
  const jobs = ["a", "b", "c"].map(
    (name, at, all) => `
  ${name}:
    command: echo ${name} >> ${folder}/ledger; sleep 0.2; echo ${name} > \${{outputs.o}}
    inputs: {${at === 0 ? "x: 1" : `x: "\${{parent.jobs.${all[at - 1]}.outputs.o}}"`}}
    outputs: {o: {type: uri_file}}`,
  );
  return `type: pipeline\nsettings: {default_compute: azureml:local}\njobs:${jobs.join("")}\n`;
};

describe("a clock that jumps", () => {
  it.each([-86_400 * 365, -3600, -1, 1, 3600, 86_400 * 365])(
    "by %s s in the middle of a run changes nothing",
    (seconds) => {
      rig.write("p.yml", CHAIN(rig.folder));
      const done = rig.cliWith(jumpingClock(seconds), "run", "p.yml", "--name", "one", "--json");
      expect([done.code, done.stderr]).toEqual([0, expect.any(String)]);
      expect(rig.ran()).toEqual(["a", "b", "c"]);
      expect(rig.run("run", "p.yml").steps.map((step) => step.reuse.decision)).toEqual([
        "reused",
        "reused",
        "reused",
      ]);
    },
  );

  it.each([-3600, 3600])(
    "by %s s in one of two runs at once runs nothing twice",
    async (seconds) => {
      rig.write("p.yml", CHAIN(rig.folder));
      const first = rig.startWith(jumpingClock(seconds), "run", "p.yml", "--name", "one");
      await eventually(() => rig.peek().length > 0, "the first run has begun");
      const second = rig.start("run", "p.yml", "--name", "two");
      expect(await exited(first)).toBe(0);
      expect(await exited(second)).toBe(0);
      expect(rig.ran()).toEqual(["a", "b", "c"]);
      expect(leftovers(rig.folder)).toEqual([]);
    },
  );

  it("back by an hour while a step waits for its next attempt does not make it wait for an hour", async () => {
    rig.write(
      "back.cjs",
      `const now = Date.now, fs = require("node:fs");
Date.now = () => now() - (fs.existsSync(${JSON.stringify(rig.at("back"))}) ? 3_600_000 : 0);`,
    );
    const command = 'command: test "$STEPWELL_ATTEMPT_NUMBER" = 2';
    rig.write("leaf.yml", `type: command\nname: leaf\n${command}\n`);
    const retry = "retry: {max_retries: 1, delay: 3}";
    rig.write("p.yml", `type: pipeline\njobs: {a: {component: ./leaf.yml, ${retry}}}\n`);
    const env = { NODE_OPTIONS: `--require ${rig.at("back.cjs")}` };
    const { child, said } = rig.watch(env, "run", "p.yml", "--name", "one");
    await eventually(() => said().includes("retry "), "the first attempt has failed");
    rig.write("back", "");
    expect(await exited(child)).toBe(0);
  });

  it("that counts from elsewhere since boot does not matter", (context) => {
    const words = ["--time", "--monotonic", "1000000", "--boottime", "1000000", process.execPath];
    if (spawnSync("unshare", [...words, "--version"]).status !== 0) {
      console.warn("skipped: a clock of its own needs root on Linux");
      context.skip();
    }
    rig.write("p.yml", CHAIN(rig.folder));
    const own = [CLI, "--workspace", rig.folder, "run", "p.yml"];
    expect(spawnSync("unshare", [...words, ...own], { cwd: rig.folder }).status).toBe(0);
    expect(rig.ran()).toEqual(["a", "b", "c"]);
  });
});
