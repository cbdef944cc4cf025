import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CLI, eventually, exited, makeRig, type Rig } from "./rig.ts";

// A cancel while an environment is made: that may take minutes, and whoever cancels waits for none of them. The uv of these
// tests makes an empty environment, and waits for a file of the test before it says that it has filled it.

let rig: Rig;

const UV = `#!/bin/sh
case "$1 $2" in
  "pip compile")
    if [ -e "$HOME_OF_TEST/slow" ]; then
      echo $$ > "$HOME_OF_TEST/uv.pid"
      until [ -e "$HOME_OF_TEST/go" ]; do sleep 0.05; done
    fi
    echo "six==1.16.0 --hash=sha256:0000000000000000000000000000000000000000000000000000000000000000" ;;
  "pip sync")
    echo $$ > "$HOME_OF_TEST/uv.pid"
    until [ -e "$HOME_OF_TEST/go" ]; do sleep 0.05; done ;;
  venv*) "$4" -m venv --without-pip "$5" ;;
  *) echo "uv 9.9.9" ;;
esac
`;

beforeEach(() => {
  rig = makeRig("cancel-build");
  rig.write("bin/uv", UV);
  fs.chmodSync(rig.at("bin/uv"), 0o755);
  rig.write("requirements.txt", "six\n");
  for (const name of ["one", "two"])
    rig.write(
      `${name}.yml`,
      `type: command\ncompute: local\ncommand: echo ${name}\nenvironment: {requirements: requirements.txt}\n`,
    );
});

afterEach(() => rig.remove());

/** In a group of its own, as a terminal starts it. */
function started(name: string, workspace = rig.folder, PATH = process.env.PATH): ChildProcess {
  const words = [CLI, "--workspace", workspace, "run", `${name}.yml`, "--name", name];
  const env = {
    ...process.env,
    CI: "",
    HOME_OF_TEST: rig.folder,
    PATH: `${rig.at("bin")}:${PATH}`,
    STEPWELL_CACHE_DIR: rig.at("cache"),
  };
  return spawn(process.execPath, words, { cwd: rig.folder, env, detached: true, stdio: "ignore" });
}

async function making(): Promise<number> {
  const isThere = () => fs.existsSync(rig.at("uv.pid")) && rig.read("uv.pid") !== "";
  await eventually(isThere, "the environment is being made");
  return Number(rig.read("uv.pid"));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it.each(["SIGINT", "SIGTERM"] as const)(
  "%s to all that a terminal runs cancels the run, waits for nothing and leaves nothing",
  async (signal) => {
    const run = started("one");
    const uv = await making();
    process.kill(-(run.pid as number), signal);
    expect(await exited(run)).toBe(3);
    const { status, steps } = rig.run("show", "one");
    expect([status, steps[0]?.status, steps[0]?.error]).toEqual(["Canceled", "Canceled", null]);
    await eventually(() => !isAlive(uv), "uv has been ended");
  },
);

it("a run that waits until another process has made it ends at once as well", async () => {
  const other = rig.at("other");
  fs.mkdirSync(other);
  const one = started("one");
  await making();
  const two = started("two", other);
  const show = () => rig.cli("--workspace", other, "show", "two", "--json").stdout;
  await eventually(() => show().includes('"Preparing"'), "it waits");
  two.kill("SIGINT");
  expect(await exited(two)).toBe(3);
  rig.write("go", "");
  expect(await exited(one)).toBe(0);
});

it("nothing goes on being made when the terminal is closed", async () => {
  const run = started("one");
  const uv = await making();
  process.kill(-(run.pid as number), "SIGHUP");
  await exited(run);
  await eventually(() => !isAlive(uv), "uv has been ended");
});

it("a run that needs the same environment gets it, when another one that waits for it is cancelled", async () => {
  const [one, two] = [started("one"), started("two")];
  await making();
  await eventually(() => rig.run("show", "two").steps[0]?.status === "Preparing", "both wait");
  expect(rig.cli("cancel", "one").code).toBe(0);
  expect(await exited(one)).toBe(3);
  rig.write("go", "");
  expect(await exited(two)).toBe(0);
  expect(rig.cli("logs", "two").stdout).toContain("two");
});

it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "nothing goes on being resolved when %s reaches the command alone",
  async (signal) => {
    rig.write("slow", "");
    const run = started("one");
    const uv = await making();
    run.kill(signal);
    await exited(run);
    await eventually(() => !isAlive(uv), "uv has been ended");
    expect(rig.cli("runs", "--json").stdout).toContain('"runs":[]');
  },
);

/** As uv is installed by pip, for which there is no end here. */
const PYTHON = `#!/bin/sh
case "$*" in
  *"pip install"*)
    echo $$ > "$HOME_OF_TEST/uv.pid"
    until [ -e "$HOME_OF_TEST/go" ]; do sleep 0.05; done ;;
  *) exec REAL "$@" ;;
esac
`;

it.each([
  ["while it is planned", [], 130],
  ["while its environment is made", ["one"], 3],
] as const)("a cancel of a run %s ends the pip that installs uv for it", async (_, first, code) => {
  rig.write("go", "");
  for (const name of first) expect(await exited(started(name))).toBe(0);
  for (const name of ["go", "uv.pid", "bin/uv", "cache/environments", "cache/tools"])
    fs.rmSync(rig.at(name), { recursive: true, force: true });
  const folders = (process.env.PATH ?? "").split(":");
  const without = folders.filter((folder) => !fs.existsSync(`${folder}/uv`));
  const real = folders.map((folder) => `${folder}/python3`).find((file) => fs.existsSync(file));
  rig.write("bin/python3", PYTHON.replace("REAL", real ?? "python3"));
  fs.chmodSync(rig.at("bin/python3"), 0o755);
  const run = started("two", rig.folder, without.join(":"));
  const pip = await making();
  run.kill("SIGINT");
  await exited(run);
  expect(run.exitCode ?? 130).toBe(code);
  await eventually(() => !isAlive(pip), "pip has been ended");
});
