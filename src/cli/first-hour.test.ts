import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CLI, makeRig, type Rig } from "../testing/rig.ts";

// The first hour: a pipeline made of scripts, steps added as they are typed, a compute that is not there, awkward paths.

let rig: Rig;

beforeEach(() => {
  rig = makeRig("first hour, ü");
});

afterEach(() => rig.remove());

const TRAIN = `
import argparse, csv, json, os, features
parser = argparse.ArgumentParser()
parser.add_argument("--data", default="data/x.csv")
parser.add_argument("--alpha", type=float, default=0.1)
parser.add_argument("--model", required=True)
parser.add_argument("--verbose", action="store_true")
options = parser.parse_args()
rows = list(csv.DictReader(open(options.data)))
os.makedirs(options.model, exist_ok=True)
with open(os.path.join(options.model, "m.json"), "w") as file:
    json.dump({"rows": len(rows) * features.FACTOR, "alpha": options.alpha}, file)
`;

const CLICK = `
raise SystemExit("a script must never be run to be read")
import click
@click.command()
@click.option("--model", type=click.Path(exists=True), required=True)
@click.option("--report", type=click.File("w"), required=True)
@click.option("--folds", type=int, required=True)
@click.option("--fast/--slow", default=False)
def main(model, report, folds, fast): pass
`;

const TYPER = `
import typer
from pathlib import Path
from typing import Annotated
app = typer.Typer()
@app.command()
def main(report: Path, out: Annotated[Path, typer.Option("--out")], title: str = "yes", limit: float = 2.5):
    out.write_text(report.read_text())
`;

function writeScripts(): void {
  rig.write("data/x.csv", "x,y\n1,2\n");
  rig.write("train.py", TRAIN);
  rig.write("features.py", "FACTOR = 1\n");
}

describe("init SCRIPT…", () => {
  it("makes one step a script by its argparse definitions, and the pipeline runs", () => {
    writeScripts();
    expect(rig.cli("init", "train.py")).toMatchObject({
      code: 0,
      stdout: "pipeline.yml\nstepwell.yml\n",
    });
    expect(rig.read("pipeline.yml")).toMatch(/^# yaml-language-server: \$schema=\.stepwell\//);
    expect(rig.read("pipeline.yml").split("jobs:\n")[1]).toBe(`  train:
    # left out: --verbose
    command: python3 train.py --data \${{inputs.data}} --alpha \${{inputs.alpha}} --model \${{outputs.model}}
    code: ./train.py
    additional_includes: [./features.py]
    inputs:
      data: {type: uri_file, path: ./data/x.csv}
      alpha: 0.1
    outputs:
      model: {type: uri_folder}
`);
    expect(JSON.parse(rig.read(".stepwell/schema/pipeline.json")).title).toBe("Stepwell: pipeline");
    expect(rig.run("run").status).toBe("Completed");
    rig.write("features.py", "FACTOR = 2\n");
    expect(rig.cli("plan").stdout).toMatch(/run +train .*code changed: features\.py/);
  });

  it("connects scripts by the names of what they write and read, without running them", () => {
    writeScripts();
    rig.write("evaluate/evaluate.py", CLICK);
    rig.write("publish/publish.py", TYPER);
    rig.cli("init", "train.py", "evaluate/evaluate.py", "publish/publish.py");
    const text = rig.read("pipeline.yml").split("  evaluate:\n")[1];
    expect(text).toBe(`    # write under inputs: folds: integer
    # left out: --fast/--slow
    command: python3 evaluate.py --model \${{inputs.model}} --report \${{outputs.report}} --folds \${{inputs.folds}}
    code: ./evaluate
    inputs:
      model: \${{parent.jobs.train.outputs.model}}
    outputs:
      report: {type: uri_file}
  publish:
    command: python3 publish.py \${{inputs.report}} --out \${{outputs.out}} --title \${{inputs.title}} --limit \${{inputs.limit}}
    code: ./publish
    inputs:
      report: \${{parent.jobs.evaluate.outputs.report}}
      title: "yes"
      limit: 2.5
    outputs:
      out: {type: uri_file}
`);
    const checked = rig.cli("validate");
    expect([checked.code, checked.stderr]).toEqual([2, expect.stringMatching(/input `folds`/)]);
  });

  it("says what the scripts need, and refuses a script that is named twice", () => {
    rig.write("evaluate.py", CLICK);
    const twice = rig.cli("init", "evaluate.py", "./evaluate.py");
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringMatching(/is named twice/)]);
    expect(rig.cli("init", "evaluate.py").stderr).toMatch(
      /warning: step evaluate needs .*write under inputs: model: .*, folds: integer/,
    );
  });

  it("says what it could not read, and never overwrites", () => {
    rig.write("broken.py", "def (:\n");
    expect(rig.cli("init", "broken.py").stderr).toMatch(/broken\.py cannot be read as Python/);
    const before = rig.read("pipeline.yml");
    expect(rig.cli("init", "broken.py").stderr).toMatch(/stepwell add NAME/);
    expect(rig.read("pipeline.yml")).toBe(before);
    expect(rig.cli("init", "nowhere.py").code).toBe(2);
  });
});

describe("add", () => {
  const WORDS = ["--", "python3", "train.py", "--data", "data/x.csv", "--alpha", "0.1"];

  it("begins a file, and makes paths inputs and outputs and values parameters", () => {
    writeScripts();
    const added = rig.cli("add", "train", ...WORDS, "--model", "model/");
    expect(added.stdout).toMatch(/^new file pipeline\.yml\n\+ # yaml-language-server/);
    expect(rig.read("pipeline.yml").split("jobs:\n")[1]).toBe(`  train:
    command: python3 train.py --data \${{inputs.data}} --alpha \${{inputs.alpha}} --model \${{outputs.model}}
    code: ./train.py
    additional_includes: [./features.py]
    inputs:
      data: {type: uri_file, path: ./data/x.csv}
      alpha: 0.1
    outputs:
      model: {type: uri_folder}
`);
    rig.cli("add", "show", "--", "cat", "model/m.json");
    expect(rig.run("run").status).toBe("Completed");
    expect(rig.cli("logs", "show").stdout).toBe('{"rows": 1, "alpha": 0.1}');
  });

  it("makes a path that is not there an input where the script reads it, and says so", () => {
    writeScripts();
    rig.write(
      "read.py",
      "import argparse\np = argparse.ArgumentParser()\np.add_argument('--data')\np.add_argument('--to')\na = p.parse_args()\nopen(a.to, 'w').write(open(a.data).read())\n",
    );
    const words = ["--", "python3", "read.py", "--data", "data/y.csv", "--to", "copy.csv"];
    const added = rig.cli("add", "copy", ...words);
    expect(added.stdout).toContain("# data/y.csv, which the script reads, is not there");
    expect(rig.read("pipeline.yml")).toContain(
      "inputs:\n      data: {type: uri_file, path: ./data/y.csv}\n    outputs:\n      to: {type: uri_file}\n",
    );
    expect(rig.cli("run").stderr).toMatch(
      /nothing at .*data\/y\.csv`[\s\S]*Did you mean `\.\/data\/x/,
    );
  });

  it("changes nothing else of the file: comments, order, line ends", () => {
    writeScripts();
    const head =
      "# mine\r\njobs:   # steps\r\n    a:\r\n        command: 'true' # last\r\n        # of a\r\n";
    const tail = "\r\n# below\r\ntype: pipeline\r\nsettings: {default_compute: azureml:local}";
    rig.write("pipeline.yml", head + tail);
    rig.cli("add", "b", "--", "echo", "it's");
    const step = "    b:\r\n      command: echo 'it'\\''s'\r\n";
    expect(rig.read("pipeline.yml")).toBe(`${head}${step}${tail}\r\n`);
    expect(rig.cli("validate").code).toBe(0);
  });

  it("begins a file in a folder that is not there yet, and says what is none", () => {
    const add = (file: string) => rig.cli("add", "a", "--file", file, "--", "true");
    expect([add("new/train.yml").code, rig.read("new/train.yml")]).toEqual([
      0,
      expect.stringContaining('command: "true"'),
    ]);
    expect(add("new").stderr).toContain("new cannot be read: it is a folder\n  name the pipeline");
  });

  it("a step that nobody named is called as its script, its module or its program", () => {
    rig.write("fit model.py", "print(1)");
    rig.write("clean.py", "print(1)");
    const nameOf = (...words: readonly string[]) =>
      /jobs:\n\+ {3}(\w+):/.exec(rig.cli("add", "--dry-run", ...words).stdout)?.[1];
    expect(nameOf("--", "python3", "clean.py", "--alpha", "1")).toBe("clean");
    expect(nameOf("--", "X=1", "uv", "run", "clean.py")).toBe("clean");
    expect(nameOf("--", "python3", "-m", "json.tool", "x")).toBe("tool");
    expect(nameOf("--", "bash", "-c", "echo hi")).toBe("bash");
    expect(nameOf("--", "sort x | head")).toBe("sort");
    expect(nameOf("--", "python3", "fit model.py")).toBe("fit_model");
    expect(nameOf("python3", "clean.py")).toBe("clean");
    expect(rig.cli("add").stderr).toMatch(/say which command/);
    expect(rig.cli("add", "python3", "clean.py", "--x", "1").stderr).toMatch(/behind --/);
    expect(rig.cli("add", "--", "python3", "cleen.py").stderr).toMatch(/did you mean clean.py/);
  });

  it("shows with --dry-run and writes nothing; refuses a name that is taken or cannot be", () => {
    writeScripts();
    rig.cli("add", "a", "--", "true");
    const before = rig.read("pipeline.yml");
    expect(rig.cli("add", "--dry-run", "b", "--", "echo a | cat").stdout).toMatch(/echo a \| cat/);
    expect(rig.cli("add", "a", "--", "true").stderr).toMatch(/has a step a already/);
    expect(rig.cli("add", "a b", "--", "true").stderr).toMatch(/for example a_b/);
    expect(rig.cli("add", "b").stderr).toMatch(/say which command/);
    expect(rig.read("pipeline.yml")).toBe(before);
  });

  it("reads a path that is there, whatever an earlier step makes under its name", () => {
    writeScripts();
    rig.write("sub/x.txt", "");
    rig.write("outside/o.csv", "");
    rig.write("model/m.json", "");
    rig.write("sub/use.py", "import argparse\n");
    rig.cli("add", "train", ...WORDS, "--model", "model/", "--outside", "x/outside/");
    rig.cli("add", "use", "--", "python3", "sub/use.py", "--data", "model/");
    expect(rig.read("pipeline.yml")).toContain(
      "# model/ is read as it lies there; what step train makes is ${{parent.jobs.train.outputs.model}}\n",
    );
    expect(rig.read("pipeline.yml")).toContain("data: {type: uri_folder, path: ./model}");
    fs.writeFileSync(rig.at("sub/pipeline.yml"), rig.read("pipeline.yml"));
    const done = spawnSync(
      process.execPath,
      [CLI, ..."add more -- python3 use.py --data ../outside --model ../model".split(" ")],
      { cwd: rig.at("sub"), encoding: "utf8" },
    );
    expect(done.stdout).toContain("data: {type: uri_folder, path: ../outside}");
    expect(done.stdout).toContain("model: {type: uri_folder, path: ../model}");
    expect(done.stdout).not.toContain("${{parent.jobs");
  });

  it("takes a bare word for what an earlier step makes where data are asked for", () => {
    writeScripts();
    rig.write("use.py", "");
    rig.cli("add", "train", ...WORDS, "--model", "model/");
    const words = ["add", "use", "--", "python3", "use.py", "--data", "model", "--kind", "model"];
    const { stdout } = rig.cli(...words);
    expect(stdout).toContain("data: ${{parent.jobs.train.outputs.model}}");
    expect(stdout).toContain("kind: model");
  });

  it("refuses a script that is not there, names the nearest, and writes nothing", () => {
    writeScripts();
    for (const words of [
      ["python", "trian.py"],
      ["python3", "-u", "./trian.py", "--x", "1"],
    ]) {
      const refused = rig.cli("add", "x", "--", ...words);
      expect([refused.code, refused.stderr]).toEqual([
        2,
        expect.stringMatching(/there is no script (\.\/)?trian\.py[\s\S]*did you mean train\.py\?/),
      ]);
    }
    expect(rig.cli("add", "x", "--", "./nowhere.sh").code).toBe(2);
    expect(fs.existsSync(rig.at("pipeline.yml"))).toBe(false);
    expect(rig.cli("add", "x", "--", "python3", "-m", "trian.py").code).toBe(0);
  });

  it.each([[["cat data/x.csv | wc -l"]], [["bash", "-c", "cat data/x.csv"]]])(
    "says of a shell's own text that what it reads is not declared: %s",
    (words) => {
      writeScripts();
      expect(rig.cli("add", "x", "--", ...words).stdout).toMatch(/# taken as it is, .*: declare/);
      expect(rig.cli("plan").code).toBe(0);
    },
  );

  it("leaves variables in front of the program, and patterns, as they are typed", () => {
    rig.write("train.py", "import argparse\n");
    const words = ["N=1", "EMPTY=", "python3", "train.py", "--files", "*.csv"];
    const added = rig.cli("add", "x", "--dry-run", "--", ...words).stdout;
    expect(added).toContain("command: N=1 EMPTY= python3 train.py --files ${{inputs.files}}");
    expect(added).not.toContain("outputs");
  });

  it("gives the lines to put in by hand where the file cannot be added to", () => {
    rig.write("pipeline.yml", "type: pipeline\njobs: {a: {command: 'true', compute: local}}\n");
    const refused = rig.cli("add", "b", "--", "true");
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/put this under jobs:\n {2}b:\n {4}command: "?true/),
    ]);
  });
});

describe("a compute that is not there", () => {
  const job = "type: command\ncompute: azureml:gpu\ncommand: 'true'\n";

  it("has two ways out, and --write adds the line", () => {
    rig.write("pipeline.yml", job);
    const refused = rig.cli("run");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /`--compute local`.*computes: \{gpu: \{type: local\}\}.*--write/,
    );
    expect(rig.cli("run", "--compute", "local").code).toBe(0);
    rig.write("stepwell.yml", "# mine\ncomputes:\n    # the usual\n    local: {type: local}\n");
    expect(rig.cli("run", "--write").code).toBe(0);
    expect(rig.read("stepwell.yml")).toBe(
      "# mine\ncomputes:\n    # the usual\n    gpu: {type: local}\n    local: {type: local}\n",
    );
    expect(rig.cli("run").stdout).toMatch(/0 steps ran, 1 reused/);
  });
});

describe("paths with blanks and umlauts, and a read-only code folder", () => {
  it("are normal, bare in a command too", () => {
    writeScripts();
    rig.write("Daten von März/x ü.csv", "x\n1\n");
    rig.write("mein code/train.py", TRAIN);
    rig.write("mein code/features.py", "FACTOR = 1\n");
    rig.cli(
      "add",
      "train",
      "--",
      "python3",
      "mein code/train.py",
      "--data",
      "Daten von März/x ü.csv",
      "--model",
      "model/",
    );
    spawnSync("chmod", ["-R", "a-w", rig.at("mein code")]);
    const ended = rig.cli("run");
    expect([ended.code, ended.stdout]).toEqual([0, expect.stringMatching(/1 step ran/)]);
    expect(rig.cli("shell", "train", "--", "sh", "-c", "echo >> train.py").code).toBe(0);
    expect(rig.cli("run").stdout).toMatch(/0 steps ran/);
    expect(rig.cli("gc").code).toBe(0);
    spawnSync("chmod", ["-R", "u+w", rig.at("mein code")]);
    expect(fs.existsSync(rig.cli("outputs", "train.model").stdout.trim())).toBe(true);
  });
});

describe("what else is missing", () => {
  const reading = (from: string): string =>
    `type: command\ncompute: local\ncommand: cat \${{inputs.x}}\ninputs: {x: {type: uri_file, path: "${from}"}}\n`;

  it.each([
    ["azureml:gone@latest", /stepwell data create --name gone --path PATH, or write a path/],
    ["azureml://datastores/lake/paths/a.csv", /datastores: \{lake: .*\}, or write a path/],
    ["./nothing.csv", /Put it there, or write another path/],
  ])("%s has two ways out", (from, ways) => {
    rig.write("pipeline.yml", reading(from));
    const refused = rig.cli("run");
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(ways)]);
  });

  it("an environment has three ways out, and a definition two", () => {
    const job =
      "type: command\ncompute: local\ncommand: 'true'\nenvironment: azureml:nope@latest\n";
    rig.write("pipeline.yml", job);
    const { stderr } = rig.cli("run");
    expect(stderr).toMatch(
      /stepwell environment create FILE\. Or add to stepwell\.yml: environments: /,
    );
    expect(stderr).toContain(", or the name of another one");
    expect(rig.cli("run", "other.yml").stderr).toMatch(/Name another file, or .*stepwell init/);
  });
});

describe("init in an empty folder", () => {
  it("writes two steps that run, a schema line for the editor and a commented stepwell.yml", () => {
    expect(rig.cli("init").code).toBe(0);
    const schema = /^# yaml-language-server: \$schema=(\S+)\n/;
    for (const name of ["pipeline.yml", "stepwell.yml"]) {
      const place = schema.exec(rig.read(name))?.[1] ?? "";
      expect(JSON.parse(rig.read(place)).title).toMatch(/^Stepwell: /);
    }
    for (const key of ["datastores", "url_map", "environments", "pass_env"])
      expect(rig.read("stepwell.yml")).toMatch(new RegExp(`^# ${key}:`, "m"));
    expect(rig.cli("run").stdout).toMatch(/first-1 Completed: 2 steps ran/);
    expect(rig.cli("run").stdout).toMatch(/0 steps ran, 2 reused/);
  });
});
