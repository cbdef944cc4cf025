import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ignoreRules } from "./ignore-rules.ts";
import { walk } from "./walk.ts";

// What is code, held against git itself over generated ignore files, one above the other.

const FILES =
  "a/b/x.py a/b/data/y.txt a/A.TXT b/a+b b/Data/x.py data/a data/sub/y.txt é ü.py x.py z.log";
const ODD = ["#hash", " lead", "!bang", "[x]", "a b/c d", "trail "];

let root: string;
beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-ignore-"));
  for (const file of [...FILES.split(" "), ...ODD]) {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), "x");
  }
  execFileSync("git", ["init", "-q"], { cwd: root });
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

function takenByGit(): readonly string[] {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
  const words = ["ls-files", "-o", "--exclude-standard", "-z"];
  return execFileSync("git", words, { cwd: root, env, encoding: "utf8" })
    .split("\0")
    .filter((name) => name !== "")
    .sort();
}

/** The one folder that we take where a file asks for it, and git never does. */
const isNoGits = (name: string): boolean => !name.startsWith(".git/");

const atom = fc.constantFrom(
  ..."a b data Data sub x.py * ** ? *.py *.TXT *.txt a* *a* [a-c] [!a] [A-Z]* [[:upper:]]* [[:alpha:]] a+b a** d**/y.txt [z-a]* ü*".split(
    " ",
  ),
  ...[
    "\\#hash",
    "#hash",
    "\\!bang",
    "[x]",
    "\\[x\\]",
    " lead",
    "trail\\ ",
    "trail ",
    "a b",
    "z.lo[f-h]",
  ],
);
const pattern = fc
  .tuple(
    fc.constantFrom("", "", "", "!", "!"),
    fc.constantFrom("", "", "/", "**/"),
    fc.array(atom, { minLength: 1, maxLength: 3 }),
    fc.constantFrom("", "", "", "/", "/**", "/*"),
  )
  .map(([not, anchor, atoms, end]) => `${not}${anchor}${atoms.join("/")}${end}`);
const ignoreFile = fc
  .tuple(fc.array(pattern, { minLength: 1, maxLength: 4 }), fc.constantFrom("\n", "\r\n", "\r\r\n"))
  .map(([lines, end]) => lines.join(end) + end);

it("takes of a folder what git takes, whatever the ignore files say", () => {
  fc.assert(
    fc.property(
      ignoreFile,
      ignoreFile,
      fc.constantFrom("a", "data", "b"),
      (above, below, folder) => {
        const inner = path.join(root, folder, ".gitignore");
        fs.writeFileSync(path.join(root, ".gitignore"), above);
        fs.writeFileSync(inner, below);
        try {
          const rules = {
            ...ignoreRules(root),
            outside: "follow",
            dropsEmptyFolders: true,
          } as const;
          const taken = (walk(root, rules) ?? []).map((entry) => entry.path).filter(isNoGits);
          expect(taken.sort()).toEqual(takenByGit());
        } finally {
          fs.rmSync(inner);
        }
      },
    ),
    { numRuns: 200 },
  );
});
