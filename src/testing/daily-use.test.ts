import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { RunView } from "../operations/recorded/run-view.ts";
import { writerMark } from "../ports/writer-mark.ts";
import { CLI, eventually, exited, makeRig, type Rig } from "./rig.ts";
import { smallDisk } from "./small-disk.ts";

// One workspace in long and shared use: where output goes, what waits for what, what a finished run says later.

let rig: Rig;

afterEach(() => rig.remove());

/** `stepwell …` with streams that the test chooses. */
function cliInto(stdio: readonly (number | "pipe" | "ignore")[], ...words: readonly string[]) {
  return spawnSync(process.execPath, [CLI, "--workspace", rig.folder, ...words], {
    cwd: rig.folder,
    encoding: "utf8",
    stdio: [...stdio],
  });
}

describe.skipIf(!fs.existsSync("/dev/full"))("output that goes to a full disk", () => {
  it("does not keep a run from its end, and the result that is lost is told", () => {
    rig = makeRig("full-output");
    rig.write("job.yml", "type: command\ncompute: local\ncommand: echo one\n");
    const full = fs.openSync("/dev/full", "w");
    const unheard = cliInto(["ignore", "pipe", full], "run", "job.yml", "--json");
    expect([unheard.status, JSON.parse(unheard.stdout).status]).toEqual([0, "Completed"]);
    const unwritten = cliInto(["ignore", full, "pipe"], "run", "job.yml", "--json");
    expect(unwritten.stderr).toContain("could not be written: ENOSPC");
    expect(unwritten.stderr).not.toContain("    at ");
    expect(unwritten.status).toBe(4);
    fs.closeSync(full);
    expect(rig.run("show", "job-2").status).toBe("Completed");
  });
});

describe("a user without a home that can be written", () => {
  it("runs pipelines, with the caches in a private folder of the temporary files", () => {
    rig = makeRig("homeless");
    rig.write("job.yml", "type: command\ncompute: local\ncommand: python3 --version\n");
    rig.write("no-folder", "");
    fs.mkdirSync(rig.at("tmp"));
    const home = {
      HOME: rig.at("no-folder"),
      TMPDIR: rig.at("tmp"),
      XDG_CACHE_HOME: "",
      STEPWELL_CACHE_DIR: "",
    };
    const done = rig.cliWith(home, "run", "job.yml");
    expect(done.code).toBe(0);
    const [cache = ""] = fs.readdirSync(rig.at("tmp"));
    expect(fs.statSync(rig.at(`tmp/${cache}`)).mode & 0o777).toBe(0o700);
  });

  it("has no folder there that somebody else could write", () => {
    rig = makeRig("shared-tmp");
    rig.write("no-folder", "");
    fs.mkdirSync(rig.at("tmp"));
    const folder = rig.at(`tmp/stepwell-cache-${process.getuid?.()}`);
    fs.mkdirSync(folder);
    fs.chmodSync(folder, 0o777);
    const home = { HOME: rig.at("no-folder"), TMPDIR: rig.at("tmp"), XDG_CACHE_HOME: "" };
    rig.write("job.yml", "type: command\ncompute: local\ncommand: echo one\n");
    rig.cliWith({ ...home, STEPWELL_CACHE_DIR: "" }, "run", "job.yml");
    expect(fs.readdirSync(folder)).toEqual([]);
  });
});

describe("a workspace whose path holds a line break", () => {
  it("writes nothing beside itself", () => {
    rig = makeRig("lines");
    const folder = rig.at("one\ntwo");
    fs.mkdirSync(folder);
    fs.writeFileSync(rig.at("one"), "");
    fs.writeFileSync(
      path.join(folder, "job.yml"),
      "type: command\ncompute: local\ncommand: python3 -c \"open('/etc/hosts')\"\n",
    );
    const done = rig.cli("--workspace", folder, "run", path.join(folder, "job.yml"));
    expect(done.code).toBe(0);
    expect(rig.read("one")).toBe("");
  });
});

describe("temporary files", () => {
  it("go to the usual place when TMPDIR is not there, also for what is detached and for steps", () => {
    rig = makeRig("tmpdir");
    rig.write("job.yml", 'type: command\ncompute: local\ncommand: echo "in ${TMPDIR:-none}"\n');
    const env = { TMPDIR: rig.at("nowhere") };
    expect(rig.cliWith(env, "plan", "job.yml").code).toBe(0);
    const detached = rig.cliWith(env, "run", "job.yml", "--name", "one", "--detach");
    expect([detached.code, detached.stderr]).toEqual([0, expect.stringContaining("TMPDIR is not")]);
    expect(rig.cli("wait", "one").code).toBe(0);
    expect(rig.cli("logs", "one").stdout).toBe("in none\n");
  });

  it("go to the usual place when TMPDIR is a file: it ended as a bug, and left a run queued", () => {
    rig = makeRig("tmpdir");
    rig.write("job.yml", "type: command\ncompute: local\ncommand: echo one\n");
    const env = { TMPDIR: rig.at("job.yml") };
    const detached = rig.cliWith(env, "run", "job.yml", "--name", "one", "--detach");
    expect([detached.code, detached.stderr]).toEqual([0, expect.stringContaining("is no folder")]);
    expect(rig.cli("wait", "one").code).toBe(0);
  });

  it("go to the usual place when the disk of TMPDIR is full, which was told as that of the workspace", (context) => {
    rig = makeRig("tmpdir");
    const disk = smallDisk({ megabytes: 1, inodes: 50 });
    if (disk === null) return context.skip();
    try {
      fs.writeFileSync(`${disk.folder}/full`, Buffer.alloc(1 << 20));
      rig.write("job.yml", "type: command\ncompute: local\ncommand: mktemp\n");
      const { code, stderr } = rig.cliWith({ TMPDIR: disk.folder }, "run", "job.yml");
      expect([code, stderr]).toEqual([0, expect.stringContaining("TMPDIR is on a full disk")]);
    } finally {
      disk.remove();
    }
  });

  it("of a plan that was killed go at the next one", () => {
    rig = makeRig("pretend");
    rig.write("job.yml", "type: command\ncompute: local\ncommand: echo one\n");
    fs.mkdirSync(rig.at("tmp"));
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    const mark = writerMark().replace(/-\d+$/, `-${dead}`);
    fs.mkdirSync(rig.at(`tmp/stepwell-plan-${mark}.abcdef`));
    fs.mkdirSync(rig.at(`tmp/stepwell-plan-${writerMark()}.abcdef`));
    expect(rig.cliWith({ TMPDIR: rig.at("tmp") }, "plan", "job.yml").code).toBe(0);
    expect(fs.readdirSync(rig.at("tmp"))).toEqual([`stepwell-plan-${writerMark()}.abcdef`]);
  });
});

describe("a machine that shows no processes", () => {
  it("refuses to run, and can be looked at: a run stood still for ever", (context) => {
    rig = makeRig("unseen");
    rig.write("job.yml", "type: command\ncompute: local\ncommand: echo one\n");
    const hide = ["unshare", "--mount", "bash", "-c", 'mount -t tmpfs none /proc && "$@"', "bash"];
    if (spawnSync("unshare", [...hide.slice(1), "true"]).status !== 0) {
      console.warn("skipped: hiding /proc needs root on Linux");
      context.skip();
    }
    const [program = "", ...words] = [...hide, process.execPath, CLI, "--workspace", rig.folder];
    const cli = (...more: readonly string[]) =>
      spawnSync(program, [...words, ...more], { cwd: rig.folder, encoding: "utf8" });
    const run = cli("run", "job.yml", "--json");
    expect([run.status, JSON.parse(run.stdout).error.code]).toEqual([4, "processes_unseen"]);
    expect(cli("runs").stderr).toContain("no runs");
    expect(cli("plan", "job.yml").status).toBe(0);
    expect(cli("doctor").stdout).toContain("processes: missing");
  });
});

describe("a container with the name of its machine", () => {
  it("has an engine that the machine does not take for dead: its step was lost, and ran again", async (context) => {
    rig = makeRig("container", undefined, ["unshare", "--pid", "--fork", "--mount-proc"]);
    if (rig.cli("--version").code !== 0) {
      console.warn("skipped: a namespace of process ids needs root on Linux");
      context.skip();
    }
    const command = `'echo one >> ${rig.at("ledger")}; while [ ! -e ${rig.at("go")} ]; do sleep 0.02; done'`;
    rig.write("job.yml", `type: command\ncompute: local\ncommand: ${command}\n`);
    rig.write("other.yml", "type: command\ncompute: local\ncommand: echo two\n");
    const child = rig.start("run", "job.yml", "--name", "inside");
    await eventually(() => rig.peek().length > 0, "the step");
    const env = { ...process.env, CI: "", STEPWELL_WORKSPACE: "" };
    const words = [CLI, "--workspace", rig.folder];
    const shown = spawnSync(process.execPath, [...words, "show", "inside"], { env });
    expect(String(shown.stdout)).toContain("inside Running");
    const other = spawn(process.execPath, [...words, "run", rig.at("other.yml")], { env });
    await eventually(() => rig.cli("runs").stdout.includes("other-1"), "the other run");
    rig.write("go", "");
    expect([await exited(child), await exited(other)]).toEqual([0, 0]);
    expect(rig.ran()).toEqual(["one"]);
  });
});

describe("an environment without a PATH", () => {
  it("has the usual one, for steps too: plan and doctor found programs that run did not", () => {
    rig = makeRig("no-path");
    rig.write("job.yml", 'type: command\ncompute: local\ncommand: cat /dev/null; echo "$PATH"\n');
    const words = [CLI, "--workspace", rig.folder, "run", rig.at("job.yml"), "--name", "one"];
    const env = { HOME: rig.folder };
    expect(spawnSync(process.execPath, words, { env }).status).toBe(0);
    expect(rig.cli("logs", "one").stdout).toMatch(/:\/usr\/local\/bin:\/usr\/bin:\/bin\n$/);
  });
});

describe("a command in a place that cannot be used", () => {
  it("says so of a .stepwell that is a link to nothing, instead of making another workspace", () => {
    rig = makeRig("unmounted");
    rig.write("job.yml", "type: command\ncompute: local\ncommand: echo one\n");
    fs.symlinkSync("/mnt/unmounted/stepwell", rig.at(".stepwell"));
    for (const words of [["run", "job.yml"], ["show"], ["plan", "job.yml"]]) {
      const done = rig.cli(...words);
      expect([done.code, done.stderr]).toEqual([
        4,
        expect.stringContaining("is its disk mounted?"),
      ]);
    }
    expect(rig.cli("doctor").stdout).toMatch(/workspace: missing: .*link to \/mnt\/unmounted/);
    fs.rmSync(rig.at(".stepwell"));
    rig.write(".stepwell", "");
    expect(rig.cli("run", "job.yml").stderr).toContain(".stepwell is no folder");
  });

  it("says so of a path that is longer than the record can have", () => {
    rig = makeRig("deep");
    const deep = path.join(rig.folder, ..."abc".split("").map((letter) => letter.repeat(180)));
    fs.mkdirSync(deep, { recursive: true });
    rig.write("job.yml", "type: command\ncompute: local\ncommand: echo one\n");
    const done = rig.cli("--workspace", deep, "run", rig.at("job.yml"));
    expect([done.code, done.stderr]).toEqual([4, expect.stringMatching(/a path of \d+ bytes/)]);
  });

  it("says that its folder is gone, and has its one object", () => {
    rig = makeRig("gone");
    const gone = rig.at("gone");
    const script = `cd "$GONE" && rmdir "$GONE" && "$NODE" "$CLI" runs --json`;
    fs.mkdirSync(gone);
    const env = { ...process.env, GONE: gone, NODE: process.execPath, CLI };
    const done = spawnSync("bash", ["-c", script], { env, encoding: "utf8" });
    expect(JSON.parse(done.stdout)).toMatchObject({ schema: 1, error: { code: "folder_gone" } });
    expect(done.stderr).not.toContain("bug");
    expect(done.status).toBe(4);
  });
});

describe("a run whose slots other runs hold", () => {
  it("says what it waits for, where it was started and in show", async () => {
    rig = makeRig("slots");
    rig.write("stepwell.yml", "computes: {local: {type: local, cpus: 1, memory: 2Gi}}\n");
    const held = `until [ -e ${rig.at("go")} ]; do sleep 0.05; done`;
    rig.write("job.yml", `type: command\ncompute: local\ncommand: ${held}\n`);
    rig.write("next.yml", "type: command\ncompute: local\ncommand: echo next\n");
    const first = rig.start("run", "job.yml", "--name", "one");
    const isHeld = (): boolean => rig.cli("show", "one").stdout.includes("Running  ");
    await eventually(isHeld, "the first run has the slot");
    const second = rig.watch({}, "run", "next.yml", "--name", "two");
    const words = "waits for 1 cpu: one has 1 of 1";
    await eventually(() => second.said().includes(words), "the second run says why it waits");
    expect(rig.run("show", "two").steps[0]).toMatchObject({
      status: "Queued",
      reuse: { decision: "none", reason: { kind: "waiting", detail: words } },
    });
    rig.write("go", "");
    expect([await exited(first), await exited(second.child)]).toEqual([0, 0]);
  });
});

describe.skipIf(process.platform !== "linux")("a run under nohup", () => {
  it("goes on when its terminal hangs up", async () => {
    rig = makeRig("nohup");
    const held = `until [ -e ${rig.at("go")} ]; do sleep 0.05; done`;
    rig.write(
      "job.yml",
      `type: command\ncompute: local\ncommand: touch ${rig.at("begun")}; ${held}\n`,
    );
    const input = fs.openSync("/dev/null", "w");
    const words = [CLI, "--workspace", rig.folder, "run", rig.at("job.yml"), "--name", "one"];
    const run = spawn(process.execPath, words, { stdio: [input, "ignore", "ignore"] });
    fs.closeSync(input);
    await eventually(() => fs.existsSync(rig.at("begun")), "the step runs");
    run.kill("SIGHUP");
    rig.write("go", "");
    expect(await exited(run)).toBe(0);
    expect(rig.run("show", "one").status).toBe("Completed");
  });
});

describe("a record that was put back from an older copy, or moved away", () => {
  it("goes on, and leaves what runs that it does not know have made", () => {
    rig = makeRig("old-record");
    rig.write("job.yml", JOB);
    const run = (): RunView => rig.run("run", "job.yml", "--force");
    run();
    fs.copyFileSync(rig.at(".stepwell/stepwell.db"), rig.at("copy"));
    const lost = [run(), run()];
    const made = lost.map((one) => rig.read(path.relative(rig.folder, outputOf(one))));
    for (const file of fs.readdirSync(rig.at(".stepwell")))
      if (file.startsWith("stepwell.db")) fs.rmSync(rig.at(`.stepwell/${file}`));
    fs.copyFileSync(rig.at("copy"), rig.at(".stepwell/stepwell.db"));
    const next = run();
    expect([next.status, next.name]).toEqual(["Completed", "job-4"]);
    expect(rig.cli("logs", "job-4").stdout.match(/made/g)).toHaveLength(1);
    expect(lost.map((one) => rig.read(path.relative(rig.folder, outputOf(one))))).toEqual(made);
    fs.rmSync(rig.at(".stepwell/stepwell.db"));
    expect(rig.cli("runs").stderr).toContain("warning: the record of earlier runs");
    expect(rig.cli("runs").stderr).toBe("no runs\n");
    expect(run()).toMatchObject({ status: "Completed", name: "job-5" });
    const refused = rig.cli("run", "job.yml", "--name", "job-2");
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining("there are files of a run named job-2 that the record does not know"),
    ]);
  });
});

describe("a record that is a link to nothing", () => {
  it("is told as that", () => {
    rig = makeRig("linked-record");
    fs.mkdirSync(rig.at(".stepwell"));
    fs.symlinkSync("/nonexistent/stepwell.db", rig.at(".stepwell/stepwell.db"));
    const refused = rig.cli("runs");
    expect([refused.code, refused.stderr]).toEqual([
      4,
      expect.stringContaining("stepwell.db is a link to nothing"),
    ]);
  });
});

const JOB = `type: command
compute: local
command: echo made; echo $RANDOM$RANDOM > \${{outputs.o}}
outputs: {o: {type: uri_file}}
`;

function outputOf(run: RunView): string {
  return run.steps[0]?.outputs.o?.path ?? "";
}
