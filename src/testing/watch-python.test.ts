import { spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// The `sitecustomize.py` that writes down what a Python reads: in every process of a step, and never in its way.

const HOOK = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../python/watch");

let rig: Rig;

beforeAll(() => {
  rig = makeRig("watch");
  for (const name of ["work/own.txt", "input.txt", "other.txt", "more/a.txt"])
    rig.write(name, name);
});

afterAll(() => rig.remove());

/** Runs a script in the work folder; answers with what it printed and what was written down. */
function watch(
  script: string,
  { words = [], python = "python3", env = {} }: Partial<Options> = {},
): { readonly stdout: string; readonly stderr: string; readonly lines: readonly string[] } {
  fs.rmSync(rig.at("reads"), { force: true });
  rig.write("work/step.py", script);
  const done = spawnSync(python, [...words, "step.py"], {
    cwd: rig.at("work"),
    encoding: "utf8",
    env: {
      ...process.env,
      PYTHONPATH: HOOK,
      STEPWELL_WATCH: [rig.at("reads"), rig.at("work"), rig.at("input.txt")].join("\n"),
      STEPWELL_WATCH_RULES: `${rig.folder}/\n\n/usr/\n/tmp/\n/dev/`,
      ...env,
    },
  });
  const text = fs.existsSync(rig.at("reads")) ? rig.read("reads") : "";
  const own = [`w ${rig.at("reads")}`, ""];
  const lines = text.split("\n").filter((line) => !own.includes(line) && !line.startsWith("p "));
  return { stdout: done.stdout, stderr: done.stderr, lines };
}

interface Options {
  readonly words: readonly string[];
  readonly python: string;
  readonly env: Readonly<Record<string, string>>;
}

describe("a watched Python", () => {
  it("tells of each file and folder outside of the step once, however it is opened", () => {
    const { stdout, stderr, lines } = watch(`
import glob, os, pathlib
for again in range(2):
    open("own.txt").read(); open("../input.txt").read(); open("/dev/null").read()
    open("../other.txt").read(); pathlib.Path("${rig.at("other.txt")}").read_bytes()
    os.close(os.open(b"../other.txt", os.O_RDONLY))
    glob.glob("${rig.at("more")}/*")
open("../made.txt", "w").close(); open("../made.txt").close()
print("done")
`);
    expect(stderr).toBe("");
    expect(stdout).toBe("done\n");
    expect(lines).toEqual([
      `r ${rig.at("other.txt")}`,
      `l ${rig.at("more")}`,
      `w ${rig.at("made.txt")}`,
    ]);
  });

  it("is watched in forked workers, in children, and in a virtual environment", () => {
    expect(spawnSync("python3", ["-m", "venv", "--without-pip", rig.at("venv")]).status).toBe(0);
    const script = `
import multiprocessing, subprocess, sys
def work(name): open("${rig.folder}/" + name).close()
if __name__ == "__main__":
    multiprocessing.get_context("fork").Pool(1).map(work, ["other.txt"])
    subprocess.run([sys.executable, "-c", "open('${rig.at("more/a.txt")}').close()"], check=True)
    print(sys.prefix)
`;
    const { stdout, lines } = watch(script, { python: rig.at("venv/bin/python") });
    expect(stdout.trim()).toBe(rig.at("venv"));
    expect(lines).toContain(`r ${rig.at("other.txt")}`);
    expect(lines).toContain(`r ${rig.at("more/a.txt")}`);
    expect(lines.filter((line) => line.includes("venv"))).toEqual([]);
  });

  it("tells of no namespace package that a .pth file puts on the path, but of what code lists in it", () => {
    spawnSync("python3", ["-m", "venv", "--without-pip", rig.at("pth")]);
    const lib = `pth/lib/${fs.readdirSync(rig.at("pth/lib"))[0]}`;
    rig.write(`${lib}/site-packages/a.pth`, `${rig.at("source")}\n`);
    rig.write("source/company/deep/mod.py", "x = 1\n");
    const python = rig.at("pth/bin/python");
    expect(watch("import company.deep.mod", { python }).lines).toEqual([]);
    const script = `import company.deep.mod, os; os.listdir("${rig.at("source/company")}")`;
    expect(watch(script, { python }).lines).toEqual([`l ${rig.at("source/company")}`]);
  });

  it("tells of no single module that is installed as editable, but of what lies beside it", () => {
    spawnSync("python3", ["-m", "venv", "--without-pip", rig.at("edit")]);
    const site = `edit/lib/${fs.readdirSync(rig.at("edit/lib"))[0]}/site-packages`;
    // As setuptools writes it, without what it does for packages.
    const finder = `
import sys
from importlib.util import spec_from_file_location
MAPPING: dict[str, str] = {"single": "${rig.at("project/single")}"}
class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name in MAPPING: return spec_from_file_location(name, MAPPING[name] + ".py")
def install(): sys.meta_path.append(Finder)
`;
    rig.write(`${site}/__editable___single_finder.py`, finder);
    const line = "import __editable___single_finder; __editable___single_finder.install()";
    rig.write(`${site}/__editable__.single.pth`, `${line}\n`);
    rig.write("project/single.py", "x = 1\n");
    rig.write("project/single.csv", "x\n");
    const python = rig.at("edit/bin/python");
    const script = `import single; open("${rig.at("project/single.csv")}").close()`;
    // The second time from its compiled form.
    for (const _ of [1, 2])
      expect(watch(script, { python }).lines).toEqual([`r ${rig.at("project/single.csv")}`]);
  });

  it("tells of a module that comes from a PYTHONPATH of the user's", () => {
    rig.write("lib/mine.py", "VALUE = 1\n");
    const env = { PYTHONPATH: `${HOOK}:${rig.at("lib")}` };
    const { stdout, lines } = watch("import mine, sys; print(sys.path[1])", { env });
    expect(stdout.trim()).toBe(rig.at("lib"));
    expect(lines).toContain(`r ${rig.at("lib/mine.py")}`);
  });

  it("still loads the sitecustomize that it stands in front of", () => {
    rig.write("lib/sitecustomize.py", "import builtins; builtins.CUSTOM = 'theirs'\n");
    const env = { PYTHONPATH: `${HOOK}:${rig.at("lib")}` };
    const { stdout, stderr } = watch(
      "import sys; print(CUSTOM, sys.modules['sitecustomize'].__file__)",
      { env },
    );
    expect(stderr).toBe("");
    expect(stdout.trim()).toBe(`theirs ${rig.at("lib/sitecustomize.py")}`);
    fs.rmSync(rig.at("lib/sitecustomize.py"));
  });

  it("compiles the watch once, and nothing else: a step writes no bytecode", () => {
    fs.cpSync(HOOK, rig.at("hook"), { recursive: true });
    fs.rmSync(rig.at("hook/__pycache__"), { recursive: true, force: true });
    rig.write("work/mine.py", "");
    const env = { PYTHONPATH: rig.at("hook"), PYTHONDONTWRITEBYTECODE: "1" };
    const { stdout, stderr } = watch("import mine, sys; print(sys.dont_write_bytecode)", { env });
    expect([stdout.trim(), stderr]).toEqual(["True", ""]);
    expect(fs.readdirSync(rig.at("hook/__pycache__"))).toEqual([
      expect.stringMatching(/^stepwell_watch\..*\.pyc$/),
    ]);
    expect(fs.existsSync(rig.at("work/__pycache__"))).toBe(false);
    fs.rmSync(rig.at("work/mine.py"));
  });

  it("tells of hosts by the name they were asked for, and not of this machine", async () => {
    const server = net.createServer((socket) => socket.end()).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as net.AddressInfo;
    const { lines } = watch(`
import socket
try: socket.create_connection(("127.0.0.1", ${port}), 1)
except OSError: pass
far = socket.socket(); far.setblocking(False)
try: far.connect(("192.0.2.1", 9))
except OSError: pass
`);
    server.close();
    expect(lines).toEqual(["c 192.0.2.1"]);
  });

  it("takes a name for the first connection after it was looked up, and no other", () => {
    const { lines } = watch(`
import sys
sys.audit("socket.getaddrinfo", "data.example", 443, 0, 0, 0)
sys.audit("socket.connect", None, ("192.0.2.1", 443))
sys.audit("socket.connect", None, ("192.0.2.7", 443))
`);
    expect(lines).toEqual(["c data.example", "c 192.0.2.7"]);
  });

  it.each([
    ["subprocess.run(['true'])", ["x true"]],
    ["subprocess.run([shutil.which('true')])", ["x true"]],
    ["os.system('true')", ["x sh"]],
    ["os.waitpid(os.posix_spawn(shutil.which('true'), ['true'], {}), 0)", ["x true"]],
    ["os.execv(shutil.which('true'), ['true'])", ["x true"]],
  ])("names the program that %s starts, because what it reads is not seen", (code, told) => {
    expect(watch(`import os, shutil, subprocess; ${code}`).lines).toEqual(told);
  });

  it("names a Python that it starts with another PYTHONPATH, because that one is not watched", () => {
    const start = (env: string): readonly string[] =>
      watch(`import os, subprocess, sys; subprocess.run([sys.executable, "-c", ""]${env})`).lines;
    expect(start(", env={}")).toEqual([expect.stringMatching(/^x python/)]);
    expect(start(", env={b'PYTHONPATH': b'/x'}")).toEqual([expect.stringMatching(/^x python/)]);
    expect(start(", env={**os.environ, 'PYTHONPATH': '/x:' + os.environ['PYTHONPATH']}")).toEqual(
      [],
    );
    expect(start("")).toEqual([]);
  });

  it("is not seen with -I, and runs all the same", () => {
    const { stdout, lines } = watch("print(open('../other.txt').read())", { words: ["-I"] });
    expect(stdout.trim()).toBe("other.txt");
    expect(lines).toEqual([]);
  });

  it("runs on where nothing can be written down, and where nothing is said about what to watch", () => {
    const missing = { STEPWELL_WATCH: "/nowhere/at/all" };
    for (const env of [missing, { STEPWELL_WATCH: "", STEPWELL_WATCH_RULES: "" }]) {
      const { stdout, stderr } = watch("print(open('../other.txt').read())", { env });
      expect([stdout.trim(), stderr]).toEqual(["other.txt", ""]);
    }
  });
});
