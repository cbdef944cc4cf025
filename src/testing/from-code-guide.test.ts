import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "./repository.ts";
import { makeRig, type Rig } from "./rig.ts";

// The guide is followed to the letter: its programs are written down under the names in their first lines, compiled with the
// types of the package, and run.

const guide = fs.readFileSync(path.join(ROOT, "docs/guides/from-code.md"), "utf8");
const programs = [...guide.matchAll(/```ts\n\/\/ ([\w.-]+)\n(.*?)```/gs)].map(
  ([, name = "", text = ""]) => ({ name, text }),
);
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

let rig: Rig;
beforeAll(() => {
  rig = makeRig("guide");
  rig.write("package.json", '{"type": "module"}');
  rig.write("text.txt", "a rose is a rose\n");
  fs.mkdirSync(rig.at("node_modules/@types"), { recursive: true });
  fs.symlinkSync(ROOT, rig.at("node_modules/stepwell"));
  fs.symlinkSync(path.join(ROOT, "node_modules/@types/node"), rig.at("node_modules/@types/node"));
  const compilerOptions = {
    target: "es2023",
    module: "nodenext",
    strict: true,
    noEmit: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true,
    types: ["node"],
  };
  rig.write("tsconfig.json", JSON.stringify({ compilerOptions }));
  for (const { name, text } of programs) rig.write(name, text);
});
afterAll(() => rig.remove());

function compile(): string {
  const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
  const done = spawnSync(process.execPath, [tsc, "-p", "."], { cwd: rig.folder, encoding: "utf8" });
  return done.stdout + done.stderr;
}

describe("the programs of the guide to running from code", () => {
  it("compile with the types of the package, declarations included", () => {
    expect(programs.map(({ name }) => name)).toContain("run.ts");
    expect(compile()).toBe("");
  });

  it("print what the guide says", () => {
    const run = (name: string): string => {
      const env = { ...process.env, CI: "", NO_COLOR: "1", STEPWELL_WORKSPACE: "" };
      fs.mkdirSync(rig.at(".stepwell"), { recursive: true });
      const words = ["--import", TSX, name];
      const done = spawnSync(process.execPath, words, { cwd: rig.folder, env, encoding: "utf8" });
      expect(done.stderr, name).toBe("");
      expect(done.status, name).toBe(0);
      return done.stdout;
    };
    const first = run("run.ts");
    expect(first).toContain("words-1 Completed");
    expect(first).toContain("{ word: 'a', n: 2 }");
    expect(first).toContain("{ lines: 4 }");
    expect(run("look.ts")).toContain("{ run: 0, reuse: 1, depends: 0, skip: 0 }");
    expect(run("register.ts")).toContain("created");
    expect(run("register.ts")).toContain("same");
    for (const name of ["both.ts", "stop.ts", "careful.ts"]) run(name);
  });
});

describe("a wrong name", () => {
  it.each([
    ['await words.submit({ inputs: { txt: "x" } });', "'txt' does not exist"],
    ["await words.submit();", "Expected 1 arguments"],
    ["await words.submit({});", "Property 'inputs' is missing"],
    ["await words.submit({ inputs: { text: 3 } });", "'number' is not assignable to type 'string'"],
    ['await words.plan({ inputs: { text: "x", least: "2" } });', "not assignable to type 'number"],
    [
      'const run = await words.submit({ inputs: { text: "x" } }); run.outputs.tabel;',
      "Property 'tabel' does not exist",
    ],
  ])("does not compile: %s", (text, message) => {
    rig.write("wrong.ts", `import { words } from "./pipeline.ts";\n${text}\nexport {};\n`);
    const said = compile();
    fs.rmSync(rig.at("wrong.ts"));
    expect(said).toContain("wrong.ts(2,");
    expect(said).toContain(message);
  });
});
