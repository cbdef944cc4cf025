import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// Steps that read what they do not declare: told always, seen when it changes, refused with --strict. The rig's own folder
// is the project, so what lies in it beside the inputs is nobody's temporary file.

let rig: Rig;

const PIPELINE = `
type: pipeline
display_name: taxi
settings: {default_compute: azureml:local}
jobs:
  train:
    command: echo train >> "$LEDGER" && python3 train.py \${{inputs.data}} \${{outputs.model}}
    code: ./train
    environment_variables: {LEDGER: LEDGER_PATH, EXTRA: EXTRA_PATH}
    inputs: {data: {type: uri_folder, path: ./data}}
    outputs: {model: {type: uri_folder}}
  below:
    command: echo below >> "$LEDGER" && python3 -c "import sys; open(sys.argv[1] + '/o', 'w').write(open(sys.argv[2] + '/m').read())" \${{outputs.o}} \${{inputs.model}}
    environment_variables: {LEDGER: LEDGER_PATH}
    inputs: {model: "\${{parent.jobs.train.outputs.model}}"}
    outputs: {o: {type: uri_folder}}
`;

/** Reads its input, its own module, a temporary file, what it wrote itself, and one file that nobody declared. */
const TRAIN = `
import os, sys, tempfile
import helper
rows = [open(os.path.join(sys.argv[1], name)).read() for name in sorted(os.listdir(sys.argv[1]))]
with tempfile.NamedTemporaryFile("w+") as scratch: scratch.write("x"); scratch.flush(); open(scratch.name).read()
own = os.environ["EXTRA"] + ".own"
open(own, "w").write("mine"); open(own).read(); os.remove(own)
extra = open(os.environ["EXTRA"]).read()
open(sys.argv[2] + "/m", "w").write("".join(rows) + extra)
`;

beforeAll(() => {
  rig = makeRig("undeclared");
  rig.write("data/a.csv", "1\n");
  rig.write("data/b.csv", "2\n");
  rig.write("train/train.py", TRAIN);
  rig.write("train/helper.py", "");
  rig.write("extra.txt", "one");
  write(PIPELINE);
});

afterAll(() => rig.remove());

function write(text: string): void {
  rig.write(
    "pipeline.yml",
    text
      .replaceAll("LEDGER_PATH", JSON.stringify(rig.at("ledger")))
      .replaceAll("EXTRA_PATH", JSON.stringify(rig.at("extra.txt"))),
  );
}

function warning(): string {
  return `train read ${rig.at("extra.txt")}, which is not an input: a change to it is not seen. Declare it, or set reuse: {max_age: 1d}`;
}

describe("a file that a Python step reads and does not declare", () => {
  it("is told in the summary, alone of all that the step opens", () => {
    const run = rig.run("run");
    expect(run.status).toBe("Completed");
    expect(run.warnings).toEqual([warning()]);
    expect(rig.ran()).toEqual(["below", "train"]);
  });

  it("is told by plan and why as long as the result is reused", () => {
    expect(rig.cli("plan").stderr).toContain(warning());
    expect(rig.cli("why", "train").stdout).toContain(`warning: ${warning()}`);
    expect(rig.cli("why", "below").stdout).not.toContain("not watched");
    expect(rig.run("run").warnings).toEqual([warning()]);
    expect(rig.ran()).toEqual([]);
  });

  it("makes the step run when it has changed, and says so", () => {
    rig.write("extra.txt", "two, longer");
    const detail = `undeclared file changed: ${rig.at("extra.txt")}`;
    const plan = JSON.parse(rig.cli("plan", "--json").stdout);
    expect(plan.steps[0].reason).toEqual({ kind: "undeclared_changed", detail });
    const [train] = rig.run("run").steps;
    expect(train?.reuse.reason).toEqual({ kind: "undeclared_changed", detail });
    expect(rig.ran()).toEqual(["below", "train"]);
    expect(rig.cli("why", "train").stdout).toContain(detail);
    expect(rig.run("run").warnings).toEqual([warning()]);
    expect(rig.ran()).toEqual([]);
  });

  it("fails the step with --strict, whether it would be reused or run", () => {
    for (const more of [[], ["--force"]]) {
      const run = rig.run("run", "--strict", ...more);
      expect(run.status).toBe("Failed");
      expect(run.steps[0]?.error).toMatchObject({ code: "undeclared_input", message: warning() });
      expect(run.steps[1]?.status).toBe("Skipped");
    }
    rig.ran();
  });

  it("is nobody's business where the step says how long its result lasts", () => {
    write(PIPELINE.replace("    code: ./train\n", "    code: ./train\n    reuse: {max_age: 1d}\n"));
    rig.write("extra.txt", "three");
    expect(rig.run("run", "--strict").warnings).toEqual([]);
    expect(rig.ran()).toEqual([]);
  });

  it("is not looked for with trace: false", () => {
    write(PIPELINE.replace("    code: ./train\n", "    code: ./train\n    trace: false\n"));
    expect(rig.run("run", "--force", "train").warnings).toEqual([]);
    expect(rig.cli("why", "train").stdout).toMatch(/what it read was not watched/);
  });

  it("is an input like any other once it is declared", () => {
    write(
      PIPELINE.replace(
        "{data: {type: uri_folder, path: ./data}}",
        "{data: {type: uri_folder, path: ./data}, extra: {type: uri_file, path: ./extra.txt}}",
      ),
    );
    rig.ran();
    expect(rig.run("run", "--strict").status).toBe("Completed");
  });
});

describe("a Python that is not the one of the step's environment", () => {
  it("is told with what to write, and a change of its packages makes the step run", () => {
    const venv = rig.at("own-venv");
    spawnSync("python3", ["-m", "venv", "--without-pip", venv]);
    const job = (line: string) => `
type: command
command: ${venv}/bin/python -c "print(1)"
${line}
`;
    write(job("display_name: other python"));
    const told = `the step ran the Python of ${venv}, which is not its environment: not every change in it is seen. Say environment: {python: ${venv}/bin/python}`;
    expect(rig.run("run").warnings).toEqual([expect.stringContaining(told)]);
    expect(rig.run("run").steps[0]?.reuse.decision).toBe("reused");
    const [version] = fs.readdirSync(`${venv}/lib`);
    fs.mkdirSync(`${venv}/lib/${version}/site-packages/new-1.0.dist-info`);
    expect(rig.run("run").steps[0]?.reuse.reason).toEqual({
      kind: "undeclared_changed",
      detail: `packages changed in ${venv}, which is not its environment`,
    });
    expect(rig.run("run", "--strict").steps[0]?.error?.code).toBe("undeclared_input");
    write(job("environment: {python: own-venv/bin/python}"));
    expect(rig.run("run", "--strict").warnings).toEqual([]);
  });

  const knowsItsWords = spawnSync("python3", ["-c", "import sys; sys.orig_argv"]).status === 0;
  it.skipIf(!knowsItsWords)(
    "is not that of a program that starts another, as conda run does",
    () => {
      const venv = rig.at("runner");
      spawnSync("python3", ["-m", "venv", "--without-pip", venv]);
      const runner = `${venv}/bin/conda`;
      const text = `#!${venv}/bin/python\nimport os, sys\nos.execvp(sys.argv[2], sys.argv[2:])\n`;
      fs.writeFileSync(runner, text, { mode: 0o755 });
      write(`type: command\ncommand: ${runner} run python3 -c "print(1)"\n`);
      expect(rig.run("run", "--strict")).toMatchObject({ status: "Completed", warnings: [] });
      write(`type: command\ncommand: ${runner} run ${venv}/bin/python -c "print(2)"\n`);
      expect(rig.run("run").warnings).toEqual([expect.stringContaining("ran the Python of")]);
    },
  );

  it("is not one that the step made itself, nor the same program under another name", () => {
    write(`
type: command
command: |
  python3 -m venv --without-pip made
  made/bin/python -c "print(1)"
  ln -s "$(python3 -c 'import sys; print(sys.executable)')" other-name
  ./other-name -c "print(2)"
`);
    expect(rig.run("run", "--strict")).toMatchObject({ status: "Completed", warnings: [] });
  });
});

describe("what Python looks up in a git repository", () => {
  it("is nobody's undeclared input: each checkout writes there", () => {
    rig.write(".git/HEAD", "ref: refs/heads/main\n");
    write(`
type: command
command: python3 -c "open('${rig.at(".git/HEAD")}').read()"
`);
    expect(rig.run("run", "--strict").warnings).toEqual([]);
    rig.write(".git/HEAD", "ref: refs/heads/other\n");
    expect(rig.run("run").steps[0]?.reuse.decision).toBe("reused");
    fs.rmSync(rig.at(".git"), { recursive: true });
  });
});

describe("a file that the definition of a shell step names", () => {
  it("is told, makes the step run when it has changed, and fails it with --strict", () => {
    const [lib, value, log] = ["lib.sh", "value.txt", "own.log"].map((name) => rig.at(name));
    rig.write("lib.sh", "echo one\n");
    rig.write("value.txt", "1\n");
    rig.write("own.log", "");
    write(`
type: command
command: bash ${lib} > \${{outputs.o}} && cat \${{inputs.value}} >> \${{outputs.o}} && echo ran >> ${log}
inputs: {value: ${value}}
outputs: {o: {type: uri_file}}
`);
    const told = `the step read ${lib}, ${value}, which are not inputs`;
    expect(rig.run("run").warnings).toEqual([expect.stringContaining(told)]);
    expect(rig.cli("why", ".").stdout).toContain(`undeclared ${lib}`);
    expect(rig.run("run").steps[0]?.reuse.decision).toBe("reused");
    rig.write("lib.sh", "echo two, longer\n");
    const [step] = rig.run("run").steps;
    const detail = `undeclared file changed: ${lib}`;
    expect(step?.reuse.reason).toEqual({ kind: "undeclared_changed", detail });
    expect(fs.readFileSync(step?.outputs.o?.path as string, "utf8")).toBe("two, longer\n1\n");
    expect(rig.run("run", "--strict").steps[0]?.error?.code).toBe("undeclared_input");
  });
});

describe("a Python that nobody could watch", () => {
  const BLIND = (command: string): string => `
type: command
command: ${command} > \${{outputs.o}}/o
inputs: {data: {type: uri_file, path: ./data/a.csv}}
outputs: {o: {type: uri_folder}}
`;

  it.each([
    [`PYTHONPATH=/x python3 -c "print(open('EXTRA').read())"`, "the command replaces PYTHONPATH"],
    [
      `env -i PATH="$PATH" python3 -c "print(open('EXTRA').read())"`,
      "env -i takes PYTHONPATH away",
    ],
  ])("is told at the end of the run, by why, and fails it with --strict: %s", (command, reason) => {
    write(BLIND(command.replace("EXTRA", rig.at("extra.txt"))));
    const told = `the step ran a Python that was not watched: ${reason}`;
    const run = rig.run("run");
    expect([run.status, run.warnings[0]]).toEqual(["Completed", expect.stringContaining(told)]);
    expect(rig.cli("why", ".").stdout).toContain(`warning: ${told}`);
    for (const more of [[], ["--force"]]) {
      const [step] = rig.run("run", "--strict", ...more).steps;
      expect(step?.error).toMatchObject({ code: "unwatched_python" });
      expect(step?.error?.message).toContain(told);
    }
  });
});

const hasStrace = spawnSync("strace", ["-qq", "-o", "/dev/null", "true"]).status === 0;

if (!hasStrace) process.stderr.write("skipped: strace cannot be used, trace: true is not tried\n");

describe("a step of another language with trace: true", () => {
  const TRACED = `
type: command
command: cat \${{inputs.data}} EXTRA_PATH > \${{outputs.o}}/o && cat \${{outputs.o}}/o
inputs: {data: {type: uri_file, path: ./data/a.csv}}
outputs: {o: {type: uri_folder}}
trace: true
`;

  it.skipIf(!hasStrace)("is watched with strace", () => {
    write(TRACED);
    const run = rig.run("run");
    expect(run.status).toBe("Completed");
    expect(run.warnings).toEqual([warning().replace("train", "the step")]);
  });

  it("runs without it where strace is missing, and says so", () => {
    write(TRACED);
    const PATH = rig.at("bin");
    fs.mkdirSync(PATH);
    for (const name of ["bash", "cat", "python3", "env"]) {
      const found = spawnSync("bash", ["-c", `command -v ${name}`], { encoding: "utf8" });
      fs.symlinkSync(found.stdout.trim(), rig.at(`bin/${name}`));
    }
    const done = rig.cliWith({ PATH }, "run", "--force");
    expect(done.code).toBe(0);
    expect(done.stderr).toMatch(/trace: true was skipped: strace is not installed/);
  });
});
