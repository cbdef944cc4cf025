import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writerMark } from "../ports/writer-mark.ts";
import { CLI, type Ended, eventually, exited, killEverything, makeRig, type Rig } from "./rig.ts";

// An ordinary user on a machine with others: nobody, among files of root. Needs root, who becomes nobody for each command.

const NOBODY = 65534;
const AS_NOBODY = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
const JOB = "type: command\ncompute: local\ncommand: echo one\n";

let rig: Rig;
let env: Record<string, string>;

beforeEach((context) => {
  const maySwitch = process.getuid?.() === 0 && spawnSync("setpriv", ["--version"]).status === 0;
  rig = makeRig("others", undefined, maySwitch ? AS_NOBODY : []);
  env = { HOME: rig.folder, STEPWELL_CACHE_DIR: rig.at("cache") };
  rig.write("job.yml", JOB);
  for (const name of ["", "job.yml"]) fs.chownSync(rig.at(name), NOBODY, NOBODY);
  if (maySwitch && cli("--version").code === 0) return;
  console.warn("skipped: needs root, setpriv, and a program that nobody may read");
  context.skip();
});

afterEach(() => rig.remove());

function cli(...words: readonly string[]): Ended {
  return rig.cliWith(env, ...words);
}

/** Makes what lies there root's: nobody may read it and not remove it. */
function givesRoot(folder: string): void {
  fs.mkdirSync(rig.at(folder), { recursive: true });
  rig.write(`${folder}/kept.txt`, "root's\n");
  fs.chownSync(rig.at(folder), 0, 0);
}

describe("what other users have left", () => {
  it("of a killed plan among the temporary files keeps nobody from planning", () => {
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    const left = `tmp/stepwell-plan-${writerMark().replace(/-\d+$/, `-${dead}`)}.abcdef`;
    fs.mkdirSync(rig.at(left), { recursive: true, mode: 0o700 });
    fs.chmodSync(rig.at("tmp"), 0o1777);
    expect(rig.cliWith({ ...env, TMPDIR: rig.at("tmp") }, "plan", "job.yml").code).toBe(0);
    expect(fs.existsSync(rig.at(left))).toBe(true);
  });

  it("in the workspace stays, is told, and keeps nothing else from going", () => {
    expect(cli("run", "job.yml").code).toBe(0);
    givesRoot(".stepwell/work/a-left");
    fs.mkdirSync(rig.at(".stepwell/work/b-left"));
    fs.chownSync(rig.at(".stepwell/work/b-left"), NOBODY, NOBODY);
    const done = cli("gc", "--json");
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("a-left/kept.txt'")]);
    expect(done.stderr).toContain("warning: not everything could be removed: EACCES");
    expect(JSON.parse(done.stdout).removed.work.count).toBe(1);
    expect(fs.readdirSync(rig.at(".stepwell/work")).filter((name) => name[0] !== ".")).toEqual([
      "a-left",
    ]);
  });

  it("in an output that is removed keeps no other one from being removed", () => {
    const job = `${JOB.replace("one", "one > ${{outputs.o}}/f")}outputs: {o: {type: uri_folder}}\n`;
    rig.write("job.yml", job);
    for (const name of ["a", "b"])
      expect(cli("run", "job.yml", "--name", name, "--force").code).toBe(0);
    const output = cli("outputs", "a", "o").stdout.trim();
    fs.chownSync(output, 0, 0);
    const stuck = cli("delete", "a");
    expect([stuck.code, stuck.stderr]).toEqual([
      4,
      expect.stringContaining(`unlink '${output}/f'`),
    ]);
    expect(stuck.stderr).toContain("never reused");
    const other = cli("delete", "b");
    expect([other.code, other.stdout]).toEqual([0, expect.stringContaining("removed the output")]);
    expect(other.stderr).toContain("still on the disk");
    expect([cli("gc").code, fs.existsSync(output)]).toEqual([0, true]);
    fs.chownSync(output, NOBODY, NOBODY);
    expect([cli("gc").stdout, fs.existsSync(output)]).toEqual([
      expect.stringContaining("finished the removal of 1 result"),
      false,
    ]);
  });
});

describe("what a step", () => {
  it("has closed, or put deeper than a path is long, keeps neither gc nor du from going on", () => {
    const n = "d".repeat(200);
    rig.write(
      "pipeline.yml",
      `type: pipeline
settings: {continue_on_step_failure: true, default_compute: azureml:local}
jobs:
  closed: {command: mkdir -p d/e && chmod 444 d && exit 1}
  deep: {command: for i in $(seq 25); do mkdir ${n} && cd ${n}; done; exit 1}
  large:
    command: cd \${{outputs.o}}; for i in $(seq 25); do mkdir ${n} && cd ${n}; done; echo > x
    outputs: {o: {type: uri_folder}}
`,
    );
    const run = cli("run", "pipeline.yml", "--name", "one");
    expect([run.code, run.stderr]).toEqual([
      1,
      expect.stringContaining("longer than the system takes"),
    ]);
    expect(cli("du").code).toBe(0);
    expect(cli("delete", "one", "--record").code).toBe(0);
    expect(cli("gc").code).toBe(0);
    expect(fs.readdirSync(rig.at(".stepwell/work")).filter((name) => name[0] !== ".")).toEqual([]);
    expect(fs.readdirSync(rig.at(".stepwell/store/.attempts"))).toEqual([]);
  });

  it("has left in folders that may not be written does not gather in the trash", async () => {
    rig.write("job.yml", JOB.replace("echo one", "mkdir -p d/e && chmod 555 d/e d"));
    expect(cli("run", "job.yml").code).toBe(0);
    const isEmpty = () => fs.readdirSync(rig.at(".stepwell/trash")).length === 0;
    await eventually(isEmpty, "the trash is emptied");
  });
});

describe("what a step's container writes as root", () => {
  /** The step waits while root writes into its output. */
  async function runs(write: (output: string) => void): Promise<Ended> {
    rig.write(
      "job.yml",
      `type: command
compute: local
command: 'echo "\${{outputs.o}}" > ${rig.at("ready")}; while [ ! -e ${rig.at("go")} ]; do sleep 0.02; done'
outputs: {o: {type: uri_folder}}
`,
    );
    const child = rig.startWith(env, "run", "job.yml", "--name", "a");
    await eventually(() => fs.existsSync(rig.at("ready")) && rig.read("ready") !== "", "the step");
    write(rig.read("ready").trim());
    rig.write("go", "");
    const code = await exited(child);
    return { code, stdout: "", stderr: cli("show", "a").stdout };
  }

  it("becomes the user's own where it lies in the user's folder", async () => {
    expect((await runs((output) => fs.writeFileSync(`${output}/f`, "1\n"))).code).toBe(0);
    const file = `${cli("outputs", "a", "o").stdout.trim()}/f`;
    const { uid, mode } = fs.statSync(file);
    expect([uid, mode & 0o777, fs.readFileSync(file, "utf8")]).toEqual([NOBODY, 0o444, "1\n"]);
  });

  it("is named with its owner where it cannot be taken over", async () => {
    const done = await runs((output) => {
      fs.mkdirSync(`${output}/sub`);
      fs.writeFileSync(`${output}/sub/f`, "1\n");
    });
    expect([done.code, done.stderr]).toEqual([1, expect.stringContaining("sub/f: permission")]);
    expect(done.stderr).toContain("it belongs to root");
    expect(done.stderr).toContain('docker run --user "$(id -u):$(id -g)"');
  });
});

describe("a workspace of a group", () => {
  it("has copies of inputs that serve whoever did not make them", () => {
    rig.write("data.txt", "1\n");
    const input = "inputs: {d: {type: uri_file, path: data.txt}}\n";
    rig.write("job.yml", JOB.replace("echo one", `cat \${{inputs.d}}`) + input);
    expect(cli("run", "job.yml").code).toBe(0);
    const kept = rig.at(".stepwell/store/.kept");
    const files = fs.readdirSync(kept, { recursive: true, withFileTypes: true });
    const copy = files.find((entry) => entry.isFile());
    const file = `${copy?.parentPath}/${copy?.name}`;
    fs.chownSync(file, 0, 0);
    fs.utimesSync(file, 1_000_000, fs.statSync(file).mtime);
    expect(cli("run", "job.yml").code).toBe(0);
  });

  it("has a record that those may write whom the umask lets", () => {
    const through = ["bash", "-c", 'umask 002; exec "$@"', "bash", ...AS_NOBODY];
    const open = makeRig("umask", undefined, through);
    open.write("job.yml", JOB);
    for (const name of ["", "job.yml"]) fs.chownSync(open.at(name), NOBODY, NOBODY);
    expect(open.cliWith(env, "run", "job.yml").code).toBe(0);
    expect(fs.statSync(open.at(".stepwell/stepwell.db")).mode & 0o777).toBe(0o664);
    open.remove();
  });

  it("has an engine of another user that is not taken for dead where hidepid hides it", async (context) => {
    const hide = 'mount -t proc -o hidepid=2 none /proc && exec "$@"';
    const hidden = ["unshare", "--mount", "bash", "-c", hide, "bash", ...AS_NOBODY];
    if (spawnSync("unshare", [...hidden.slice(1), "true"]).status !== 0) context.skip();
    const open = makeRig("hidden", undefined, ["bash", "-c", 'umask 0; exec "$@"', "bash"]);
    fs.chmodSync(open.folder, 0o777);
    const waits = `'touch ${open.at("ready")}; while [ ! -e ${open.at("go")} ]; do sleep 0.02; done'`;
    open.write("job.yml", JOB.replace("echo one", waits));
    const child = open.startWith({}, "run", "job.yml", "--name", "slow");
    await eventually(() => fs.existsSync(open.at("ready")), "the step");
    const [program = "", ...words] = [...hidden, process.execPath, CLI, "--workspace", open.folder];
    const done = spawnSync(program, [...words, "show", "slow"], {
      cwd: open.folder,
      env: { ...process.env, ...env },
      encoding: "utf8",
    });
    expect([done.status, done.stdout]).toEqual([0, expect.stringContaining("slow Running")]);
    open.write("go", "");
    expect(await exited(child)).toBe(0);
    open.remove();
  });

  it("says whose a log is that may not be read: it was said that none is left", () => {
    expect(cli("run", "job.yml", "--name", "a").code).toBe(0);
    const log = rig.run("show", "a").steps[0]?.log ?? "";
    fs.chownSync(log, 0, 0);
    fs.chmodSync(log, 0o600);
    const { code, stdout, stderr } = cli("logs", "a");
    expect([code, stdout, stderr]).toEqual([
      0,
      "",
      `${log} is another user's: you may not read it\n`,
    ]);
  });

  it("runs no step without the variables of who submitted it: they were left out, and the result was recorded", async () => {
    const slow = `'touch ${rig.at("ready")}; while [ ! -e ${rig.at("go")} ]; do sleep 0.02; done'`;
    rig.write("job.yml", JOB.replace("echo one", slow));
    expect(cli("run", "job.yml", "--name", "a", "--detach", "--env", "FOO=one").code).toBe(0);
    await eventually(() => fs.existsSync(rig.at("ready")), "the step");
    killEverything(rig.folder);
    fs.chownSync(rig.at(".stepwell/runs/a/shell.json"), 0, 0);
    const done = cli("wait", "a");
    expect([done.code, done.stderr]).toEqual([
      1,
      expect.stringContaining("cannot be read: EACCES"),
    ]);
    expect(done.stderr).toContain("run it again as the user who submitted it");
  });

  it("whose record may not be written is told by doctor", () => {
    expect(cli("run", "job.yml").code).toBe(0);
    expect(cli("doctor").stdout).toContain("workspace: ok");
    fs.chownSync(rig.at(".stepwell/stepwell.db"), 0, 0);
    const done = cli("doctor");
    expect([done.code, done.stdout]).toEqual([
      4,
      expect.stringMatching(/workspace: missing: .*stepwell\.db cannot be written/),
    ]);
  });

  it("whose record may be written again, but not a file beside it, is told by doctor", () => {
    expect(cli("run", "job.yml").code).toBe(0);
    rig.write(".stepwell/stepwell.db-shm", "");
    fs.chownSync(rig.at(".stepwell/stepwell.db-shm"), 0, 0);
    const done = cli("doctor");
    expect([done.code, done.stdout]).toEqual([
      4,
      expect.stringMatching(/workspace: missing: .*stepwell\.db-shm cannot be written/),
    ]);
  });
});

describe("a place that may not be written", () => {
  it("is named where it is no workspace", () => {
    fs.mkdirSync(rig.at("closed"));
    const [program = "", ...words] = [...AS_NOBODY, process.execPath, CLI, "demo"];
    const done = spawnSync(program, words, {
      cwd: rig.at("closed"),
      env: { ...process.env, ...env },
      encoding: "utf8",
    });
    expect([done.status, done.stderr]).toEqual([
      4,
      expect.stringContaining("closed/stepwell-demo"),
    ]);
    expect(done.stderr).not.toContain("the workspace cannot");
  });

  it("is told where nobody may even look: a command of another user's in a closed folder", () => {
    fs.mkdirSync(rig.at("closed"), { mode: 0o700 });
    const [program = "", ...words] = [...AS_NOBODY, process.execPath, CLI];
    const there = (...more: readonly string[]) =>
      spawnSync(program, [...words, ...more], {
        cwd: rig.at("closed"),
        env: { ...process.env, ...env },
        encoding: "utf8",
      });
    const looked = there("doctor");
    expect([looked.status, looked.stdout]).toEqual([4, expect.stringContaining("bash: ok")]);
    expect(looked.stdout).toMatch(/workspace: missing: .*closed.* cannot be written/);
    const named = there("--workspace", rig.at("closed/in"), "runs");
    expect([named.status, named.stderr]).toEqual([4, expect.stringContaining("closed to you")]);
  });

  it("is left for another one where it is that of temporary files", () => {
    fs.mkdirSync(rig.at("closed"));
    const done = rig.cliWith({ ...env, TMPDIR: rig.at("closed") }, "plan", "job.yml");
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("TMPDIR cannot be")]);
  });
});
