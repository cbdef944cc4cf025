import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeScripts } from "./describe-scripts.ts";

// What a script says of itself, whatever lies beside it.

let folder: string;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-describe-"));
});

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
}

describe("describeScripts", () => {
  it("finds what a package imports at any depth", () => {
    write("helper.py", "");
    write("package/sub/deep.py", "import helper\n");
    const script = write("main.py", "import package.sub.deep\n");
    const [found] = describeScripts([script], process.env) ?? [];
    expect(found).toMatchObject({ error: null, imports: ["package", "helper.py"] });
  });

  it("reads every other script where one, or what it imports, is beyond Python's own reader", () => {
    const endless = `x = ${"(".repeat(5_000)}1${")".repeat(5_000)}\ny = 1${"+1".repeat(50_000)}\n`;
    write("endless.py", endless);
    const importing = write("importing.py", "import endless\n");
    const itself = write("itself.py", endless);
    const good = write("good.py", "import argparse\n");
    const found = describeScripts([importing, itself, good], process.env);
    expect(found?.map(({ error }) => error === null)).toEqual([true, false, true]);
  });

  it.each([
    [
      "argparse.py",
      'import argparse\np = argparse.ArgumentParser().add_subparsers()\np.add_parser("fit")\np.add_parser("eval")\n',
      "it has subcommands (fit, eval)",
    ],
    [
      "group.py",
      'import click\n@click.group()\ndef main(): pass\n@main.command("fit")\ndef f(): pass\n@main.command()\ndef run_it(): pass\n',
      "it has subcommands (fit, run-it)",
    ],
    ["argv.py", "import sys\nprint(sys.argv[1])\n", "it reads sys.argv"],
    ["hyd.py", "import hydra\n@hydra.main()\ndef main(cfg): pass\n", "hydra:"],
    ["pack/inner.py", "from . import helper\n", "run python3 -m pack.inner"],
  ])("says what the arguments of %s do not", (name, text, note) => {
    const [found] = describeScripts([write(name, text)], process.env) ?? [];
    expect(found?.notes).toEqual([expect.stringContaining(note)]);
  });

  it("says nothing more of a script with one command", () => {
    const text =
      "import click, sys\n@click.command()\n@click.option('--n')\ndef main(n): sys.exit(len(sys.argv))\n";
    const [found] = describeScripts([write("one.py", text)], process.env) ?? [];
    expect(found?.notes).toEqual([]);
  });
});
