import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// The commands that the Python supervisor starts without bash: each does what it does under bash, to the last variable.

let folder: string;
let python: string;
beforeAll(() => {
  const words = ["-c", "import sys; print(sys.executable)"];
  python = execFileSync("python3", words, { encoding: "utf8" }).trim();
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-direct-")));
  for (const [name, mode] of [
    ["tell", 0o755],
    ["unusable", 0o644],
  ] as const) {
    const program = `#!${python} -IS\nimport os, sys\nprint(sys.argv[1:], sorted(os.environ.items()))\n`;
    fs.writeFileSync(path.join(folder, name), program, { mode });
  }
  fs.writeFileSync(path.join(folder, "driver.py"), DRIVER);
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** Runs each script by bash and, where it needs none, without: prints what both wrote, null for what is left to bash. */
const DRIVER = `
import json, os, subprocess, sys
sys.path.insert(0, sys.argv[1])
from supervision import direct
answers = []
for script, variables in json.load(sys.stdin):
    script, variables = script.encode(), {k.encode(): v.encode() for k, v in variables.items()}
    plain = direct.command_of(script, variables)
    if plain is None:
        answers.append(None)
        continue
    program, words, environment = plain
    alone = subprocess.run(words, executable=program, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout
    shell = subprocess.run(["bash", "-c", script], env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout
    answers.append([alone.decode(), shell.decode()])
print(json.dumps(answers))
`;

type Asked = readonly [script: string, variables: Readonly<Record<string, string>>];

function answersTo(asked: readonly Asked[]): readonly (readonly [string, string] | null)[] {
  const modules = path.join(import.meta.dirname, "../../python");
  const answers = execFileSync(python, ["-IS", "driver.py", modules], {
    cwd: folder,
    input: JSON.stringify(asked),
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  return JSON.parse(answers);
}

const variables = (more: Readonly<Record<string, string>> = {}) => ({
  PATH: `${folder}:${process.env.PATH}`,
  SW_inputs_a: "0.5",
  SW_inputs_odd: "it's $(x) `y` \\ * ü\n~",
  SW_inputs_empty: "",
  ...more,
});

describe("a command of plain words", () => {
  it.each([
    ["tell train.py --alpha ${SW_inputs_a} --name=${SW_inputs_a}x", true],
    ['tell "${SW_inputs_odd}" "${SW_inputs_a}"/y \'\'"${SW_inputs_odd}"\'\' "" x""y', true],
    ["\n  tell a \\\n    b\tc\n", true],
    [`tell -c 'print("a", 1); # {x} > y | $z'`, true],
    ["./tell a", true],
    // Bash has to do something to these, or with them.
    ["tell ${SW_inputs_odd}", false],
    ["tell ${SW_inputs_empty}", false],
    ['tell "${SW_inputs_unset}"', false],
    ['tell "${PATH}"', false],
    ["tell *", false],
    ["tell ~", false],
    ["tell {a,b}", false],
    ["tell a > b", false],
    ["tell a # b", false],
    ["tell a; tell b", false],
    ["tell a\ntell b", false],
    ["tell a\n", true],
    ["tell a\n ", false],
    ["tell a\n\n", false],
    ["tell a \\\n \n", true],
    ["tell a\n\\\n", false],
    ['tell "\\n"', false],
    ["tell ü", false],
    ["tell 'ü'", false],
    ["tell 'open", false],
    ["A=1 tell a", false],
    ["echo a", false],
    ["time tell a", false],
    ["%1", false],
    ["nothing-here a", false],
    ["unusable a", false],
    ["", false],
  ])("%j: %s", (script, isDirect) => {
    const [answer] = answersTo([[script, variables()]]);
    expect(answer !== null).toBe(isDirect);
    if (answer) expect(answer[0]).toBe(answer[1]);
  });

  it.each([
    { BASH_ENV: "x.sh" },
    { SHELLOPTS: "xtrace" },
    { "BASH_FUNC_tell%%": "() { echo mine; }" },
    { PATH: "bin:/usr/bin" },
    { PATH: "" },
    { SHLVL: "3" },
    { PWD: "/" },
    { PS1: "$ " },
    { PS4: "> " },
    { OPTERR: "" },
  ])("is left to bash where %j is set", (more) => {
    expect(answersTo([["tell a", variables(more)]])).toEqual([null]);
  });

  it("means to the program what it means under bash, whatever it is made of", () => {
    const part = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom("a", "-x", "--k=1", "@b", "1,2", "%d", "c:d", "./e"),
      },
      { weight: 4, arbitrary: fc.constantFrom(" ", "  ", "\t", " \\\n ", "''", '""', "'a b'") },
      {
        weight: 4,
        arbitrary: fc.constantFrom('"${SW_inputs_odd}"', "${SW_inputs_a}", '"x ${SW_inputs_a}"'),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "'$x;'",
          '"a(b)|c"',
          '"!#~"',
          "\n",
          "${SW_inputs_empty}",
          "=",
          "\\",
          '"',
        ),
      },
    );
    const script = fc.array(part, { maxLength: 9 }).map((parts) => `tell ${parts.join("")}`);
    const asked = fc.sample(script, 120).map((text): Asked => [text, variables()]);
    const answers = answersTo(asked);
    const direct = answers.flatMap((answer, at) => (answer ? [[asked[at]?.[0], ...answer]] : []));
    expect(direct.length).toBeGreaterThan(20);
    for (const [text, alone, shell] of direct) expect(alone, text).toBe(shell);
  });
});
