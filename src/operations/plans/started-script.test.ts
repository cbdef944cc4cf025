import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { scriptNotInCode } from "./started-script.ts";

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), "started-script-")));
  mkdirSync(path.join(root, "src/code"), { recursive: true });
  writeFileSync(path.join(root, "src/lone.py"), "");
});

afterEach(() => rmSync(root, { recursive: true }));

function told(command: string | null, files: readonly string[] | null) {
  const code =
    files === null
      ? null
      : { path: path.join(root, "src/code"), includes: [], definitionFiles: [] };
  const parts = Object.fromEntries((files ?? []).map((file) => [file, ""]));
  const rule = { path: "kept.py", rule: "kept*", file: "/p/.gitignore", line: 2 };
  const ignored = (_: unknown, file: string) => (file === "kept.py" ? rule : null);
  const refusal = scriptNotInCode({ command, code }, { parts, ignored });
  return refusal === null ? null : [refusal.message, refusal.hint];
}

describe("the script that a command starts with", () => {
  it.each([
    "python train.py --x 1",
    "  python3 -u ./train.py",
    "pip install -q numpy pandas &&\n python train.py",
    "Rscript train.R",
  ])("is told where the code lacks it: %s", (command) => {
    expect(told(command, ["trian.py", "trian.R"])?.[0]).toMatch(
      /starts train\.\w+, which is not in/,
    );
    expect(told(command, ["train.py", "train.R"])).toBeNull();
  });

  it("is looked for above the code, and among near names", () => {
    const message = "the command starts lone.py, which is not in the step's code";
    expect(told("python lone.py", ["a.py"])).toEqual([
      message,
      `${root}/src has it: name that folder as code`,
    ]);
    expect(told("python src/lone.py", ["a.py"])?.[1]).toBe(
      `${root} has it: name that folder as code`,
    );
    expect(told("python train.py", ["trian.py"])?.[1]).toBe("Did you mean `trian.py`?");
    expect(told("python other.py", ["a.py"])?.[1]).toBe("it has `a.py`");
    expect(told("python kept.py", ["a.py"])?.[1]).toContain(
      "left out of the step's copy by `kept*` (/p/.gitignore:2)",
    );
    expect(told("python other.py", null)?.[1]).toBe("say where it lies, code: ./FOLDER");
  });

  it.each([
    "cd sub && python train.py",
    "echo 1 > train.py; python train.py",
    "python -m train",
    "python -c 'print(1)'",
    "python ${{inputs.script}}/train.py",
    "python $HOME/train.py",
    "python /opt/train.py",
    "python ../train.py",
    "python train",
    "torchrun train.py",
    null,
  ])("is not guessed: %s", (command) => {
    expect(told(command, ["a.py"])).toBeNull();
  });
});
