import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLI, makeRig, type Rig } from "../testing/rig.ts";

// What each shell offers behind the words of a command line, asked of the real shell.

const PIPELINE = `type: pipeline
jobs:
  count:
    command: echo 1 > \${{outputs.o}}
    outputs: {o: {type: uri_file}}
`;

let rig: Rig;
beforeAll(() => {
  rig = makeRig("completion");
  rig.write("p.yml", PIPELINE);
  rig.write("part.yml", "name: part\ntype: command\ncommand: echo 1\n");
  for (const name of ["first", "second"])
    expect(rig.cli("run", "p.yml", "--name", name).code).toBe(0);
  expect(rig.cli("component", "create", "part.yml").code).toBe(0);
  fs.mkdirSync(rig.at("bin"));
  fs.symlinkSync(CLI, rig.at("bin/stepwell"));
  for (const shell of ["bash", "zsh", "fish"])
    rig.write(`complete.${shell}`, rig.cli("completion", shell).stdout);
});
afterAll(() => rig.remove());

function shell(program: string, ...words: readonly string[]): readonly string[] {
  const env = { ...process.env, PATH: `${rig.at("bin")}:${process.env.PATH}`, HOME: rig.folder };
  const done = spawnSync(program, words, { encoding: "utf8", cwd: rig.folder, env });
  expect(done.stderr).toBe("");
  return done.stdout.trim().split("\n");
}

function hasShell(name: string): boolean {
  const found = spawnSync(name, ["-c", "true"]).status === 0;
  if (!found) console.log(`skipped aloud: the completion of ${name}: there is no ${name} here`);
  return found;
}

/** Words that are typed, the last of them not to its end, and what is offered. */
const OFFERED: readonly (readonly [words: readonly string[], offered: readonly string[]])[] = [
  [["sh"], ["shell", "show"]],
  [["data", "c"], ["create"]],
  [["gc", "--d"], ["--dry-run"]],
  [["--workspace", "run", "plan", "--ex"], ["--exit-code"]],
  [["-o", "json", "plan", "--ex"], ["--exit-code"]],
  [["show", "s"], ["second"]],
  [["logs", "-f", "f"], ["first"]],
  [["why", "first", "c"], ["count"]],
  [["why", "--against", "f"], ["first"]],
  [["diff", "first", "s"], ["second"]],
  [["run", "--resume", "s"], ["second"]],
  [["outputs", "last", "count"], ["count.o"]],
  [["component", "show", "pa"], ["part"]],
];

/** Of the lines of a shell the words that go on with what is typed: files have that name too, and descriptions follow. */
function offered(lines: readonly string[], typed: string): readonly string[] {
  const words = lines.map((line) => line.split(/\t| -- /)[0]?.trim() as string);
  return words.filter((word) => word.startsWith(typed) && !fs.existsSync(rig.at(word))).sort();
}

describe("the completion of", () => {
  it.each(OFFERED)("bash offers for %j: %j", (words, expected) => {
    const script = `source "$1"; shift; COMP_WORDS=(stepwell "$@"); COMP_CWORD=$#; _stepwell; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const lines = shell("bash", "-c", script, "bash", rig.at("complete.bash"), ...words);
    expect(offered(lines, words.at(-1) as string)).toEqual(expected);
  });

  it.skipIf(!hasShell("fish")).each(OFFERED)("fish offers for %j: %j", (words, expected) => {
    const script = `source $argv[1]; complete -C "stepwell $argv[2]"`;
    const lines = shell("fish", "-c", script, rig.at("complete.fish"), words.join(" "));
    expect(offered(lines, words.at(-1) as string)).toEqual(expected);
  });

  it.skipIf(!hasShell("zsh")).each(OFFERED)("zsh offers for %j: %j", (words, expected) => {
    // What the shell's own functions would do with it is the shell's: here they say what they are given.
    const script = `
      compadd() { while [[ $1 != -- ]]; do shift; done; shift; print -rl -- "$@" }
      _describe() { print -rl -- "\${(@P)2}" }
      _files() { }
      compdef() { }
      source "$1"; shift; words=(stepwell "$@"); CURRENT=$#words; _stepwell`;
    const lines = shell("zsh", "-f", "-c", script, "zsh", rig.at("complete.zsh"), ...words);
    const names = lines.map((line) => line.replace(/^([\w-]+):.*/, "$1"));
    expect(offered(names, words.at(-1) as string)).toEqual(expected);
  });
});

describe("a name that would be a command", () => {
  const ODD = "$(touch ran)";
  const asked = (program: string, ...words: readonly string[]): readonly string[] => {
    const other = rig.at("odd");
    rig.write("odd/stepwell", `#!/bin/sh\necho '${ODD}'\n`);
    fs.chmodSync(rig.at("odd/stepwell"), 0o755);
    const env = { ...process.env, PATH: `${other}:${process.env.PATH}`, HOME: rig.folder };
    const done = spawnSync(program, words, { encoding: "utf8", cwd: rig.folder, env });
    expect(fs.existsSync(rig.at("ran"))).toBe(false);
    return done.stdout.trim().split("\n");
  };

  it("is a name to bash", () => {
    const script = `source "$1"; COMP_WORDS=(stepwell show ""); COMP_CWORD=2; _stepwell; printf '%s\n' "\${COMPREPLY[@]}"`;
    expect(asked("bash", "-c", script, "bash", rig.at("complete.bash"))).toEqual([ODD]);
  });

  it.skipIf(!hasShell("fish"))("is a name to fish", () => {
    const script = `source $argv[1]; complete -C "stepwell show "`;
    expect(asked("fish", "-c", script, rig.at("complete.fish"))).toContain(ODD);
  });

  it.skipIf(!hasShell("zsh"))("is a name to zsh", () => {
    const script = `compadd() { shift; print -rl -- "$@" }; compdef() { }
      source "$1"; words=(stepwell show ""); CURRENT=3; _stepwell`;
    expect(asked("zsh", "-f", "-c", script, "zsh", rig.at("complete.zsh"))).toEqual([ODD]);
  });
});

describe("the words that completion asks for", () => {
  it("are none where a file comes next, or where nothing is recorded", () => {
    expect(rig.cli("complete", "run")).toMatchObject({ code: 0, stdout: "" });
    expect(rig.cli("complete", "nothing", "at")).toMatchObject({ code: 0, stdout: "" });
    expect(rig.cli("complete", "why", "unknown")).toMatchObject({ code: 0, stdout: "" });
    expect(rig.cli("complete", "component", "label", "part")).toMatchObject({ stdout: "" });
    const empty = makeRig("completion-empty");
    expect(empty.cli("complete", "show").stdout).toBe("");
    expect(fs.existsSync(empty.at(".stepwell"))).toBe(false);
    empty.remove();
  });
});
