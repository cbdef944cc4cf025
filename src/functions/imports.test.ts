import { afterEach, describe, expect, it } from "vitest";
import { stepModule as step, stepPrinter } from "../testing/function-project.ts";

const { printed, remove } = stepPrinter();

afterEach(remove);

describe("what a run imports may be", () => {
  const uses = (imports: string, value: string, files: Readonly<Record<string, string>>) =>
    printed({ "steps.ts": step(`run: async ({ log }) => log.info(${value})`, imports), ...files });

  it.each<[string, string, string, Record<string, string>, string]>([
    ["a default export", 'import one from "./one";', "one", { "one.ts": "export default 1;" }, "1"],
    [
      "a re-export",
      'import { one } from "./all";',
      "one",
      { "all.ts": 'export * from "./one";', "one.ts": "export const one = 1;" },
      "1",
    ],
    [
      "a namespace",
      'import * as one from "./one";',
      "one.a + one.b",
      { "one.ts": "export const a = 1, b = 2;" },
      "3",
    ],
    [
      "a type and a value",
      'import type { T } from "./one"; import { type U, a } from "./one";',
      "a as T",
      { "one.ts": "export type T = number; export type U = T; export const a = 1;" },
      "1",
    ],
    [
      "JSON",
      'import data from "./data.json";',
      "data.list[1]",
      { "data.json": '{"list":[1,2]}' },
      "2",
    ],
    [
      "JSON with an attribute",
      'import data from "./data.json" with { type: "json" };',
      "data.a",
      { "data.json": '{"a":5}' },
      "5",
    ],
    [
      "a file by its .js name",
      'import { a } from "./one.js";',
      "a",
      { "one.ts": "export const a = 1;" },
      "1",
    ],
    [
      "a .tsx file",
      'import { a } from "./one";',
      "a",
      { "one.tsx": "const h = (tag: string) => tag;\n/** @jsx h */\nexport const a = <b />;" },
      "b",
    ],
    [
      "an alias of tsconfig",
      'import { a } from "@/one";',
      "a",
      {
        "lib/one.ts": "export const a = 1;",
        "tsconfig.json": '{"compilerOptions":{"paths":{"@/*":["./lib/*"]}}}',
      },
      "1",
    ],
    [
      "CommonJS",
      'import one from "./one.cjs";',
      "one.a",
      { "one.cjs": "const fs = require('fs'); module.exports = { a: typeof fs.readFileSync };" },
      "function",
    ],
    [
      "named parts of CommonJS",
      'import { a } from "./one.cjs";',
      "a",
      { "one.cjs": "exports.a = 1;" },
      "1",
    ],
    [
      "a helper that waits as it is loaded",
      'import { a } from "./one";',
      "a",
      { "one.ts": "export const a = await Promise.resolve(3);" },
      "3",
    ],
    [
      "a module that is imported when it is needed",
      "",
      "(await import('./one')).a",
      { "one.ts": "export const a = 4;" },
      "4",
    ],
    [
      "a module whose name is put together where it is imported",
      "const one = 1;",
      '(await import(`./one${one}`)).a + (await import("./one" + 1)).a',
      { "one1.ts": "export const a = 4;" },
      "8",
    ],
    [
      "a module of Node",
      'import path, { join } from "node:path"; import * as os from "os";',
      "join('a', 'b') + path.sep + typeof os.cpus",
      {},
      "a/b/function",
    ],
    [
      "a module for its effect",
      'import "./setup";',
      "globalThis.ready",
      { "setup.ts": "globalThis.ready = 'yes';" },
      "yes",
    ],
    [
      "a package",
      'import lib from "lib"; import { part } from "lib/part";',
      "lib(part)",
      {
        "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0","main":"index.js"}',
        "node_modules/lib/index.js": "module.exports = (n) => n * 2;",
        "node_modules/lib/part.js": "exports.part = 21;",
      },
      "42",
    ],
    [
      "the module of the step itself, from a helper",
      'import { f } from "./one"; export const base = 5;',
      "f()",
      { "one.ts": 'import { base } from "./steps"; export const f = () => base;' },
      "5",
    ],
    [
      "modules in a circle",
      'import { f } from "./one";',
      "f(3)",
      {
        "one.ts":
          'import { g } from "./two"; export const f = (n: number): number => n === 0 ? 0 : g(n - 1);',
        "two.ts": 'import { f } from "./one"; export const g = (n: number) => f(n);',
      },
      "0",
    ],
    [
      "a file that also defines steps",
      'import { a } from "./one";',
      "a",
      {
        "one.ts":
          'import { step, pipeline } from "stepwell"; export const a = 6; export const s = step({ name: "s", run() {} }); const p = pipeline({}, () => s({})); await p.submit(); for (const r of [1]) step({ name: `${r}`, run() {} });',
      },
      "6",
    ],
    [
      "a file that finds files beside itself, where that is not used",
      'import { a } from "./one";',
      "a",
      {
        "one.ts":
          'import path from "node:path"; import { fileURLToPath } from "node:url"; const here = path.dirname(fileURLToPath(import.meta.url)); const url = new URL(".", import.meta.url); export const read = () => here + url; export const a = 7;',
      },
      "7",
    ],
  ])("%s", async (_, imports, value, files, expected) => {
    expect(await uses(imports, value, files)).toBe(expected);
  });

  it("all of a file that defines steps, where it is imported as it runs", async () => {
    const files = {
      "one.ts":
        'import { command } from "stepwell"; export const c = command({}); export const a = 1;',
    };
    expect(await uses("", "(await import('./one')).a", files)).toBe("1");
  });
});

describe("the module of a step that a helper imports back is there once:", () => {
  it.each([
    ["the helper sees what run wrote", 'TABLE.c = "C"', "look('c')", "C"],
    ["run sees what the helper wrote", "put('d', 'D')", "TABLE.d", "D"],
    ["the helper has what only run uses", "0", "only() + look('a')", "onlyA"],
    ["the helper imports it as it runs", 'TABLE.c = "C"', "await later('c')", "C"],
  ])("%s", async (_, first, value, expected) => {
    const files = {
      "steps.ts": step(
        `run: async ({ log }) => { ${first}; log.info(${value}); }`,
        'import { later, look, put } from "./shared"; import { taxi } from "./taxi"; export const TABLE: any = { a: "A" }; function only() { return "only"; } console.log(await taxi.submit());',
      ),
      "taxi.ts":
        'import { pipeline } from "stepwell"; import { evaluate } from "./steps"; export const taxi = pipeline({}, () => evaluate({}));',
      "shared.ts":
        'import { TABLE } from "./steps"; export const look = (key: string) => TABLE[key] ?? "none"; export function put(key: string, value: string) { TABLE[key] = value; } export const later = async (key: string) => (await import("./steps")).TABLE[key];',
    };
    expect((await printed(files)).split("\n").at(-1)).toBe(expected);
  });
});

describe("a module of the project that also does things of its own", () => {
  const uses = (files: Readonly<Record<string, string>>) =>
    printed({
      "steps.ts": step("run: ({ log }) => log.info(a)", 'import { a } from "./one";'),
      ...files,
    });

  it.each([
    [
      "submits what another module made",
      'import { taxi } from "./taxi"; export const a = 1; const run = await taxi.submit(); await run.wait();',
    ],
    [
      "makes steps through a module of the project",
      'import { define } from "./own"; export const a = 1; export const s = define({ name: "x", run() {} }); s.outputs.data;',
    ],
    [
      "is a program when it is started itself",
      'import { taxi } from "./taxi"; import { pathToFileURL } from "node:url"; export const a = 1; if (import.meta.url === pathToFileURL(process.argv[1]!).href) process.exit(3); if (import.meta.main) process.exit(4); void taxi;',
    ],
    [
      "calls a function of its own that submits",
      'import { pipeline } from "stepwell"; export const a = 1; const p = pipeline({}, () => ({})); async function main() { await p.submit(); process.exit(5); } await main();',
    ],
    [
      "makes steps in a loop",
      'import { step, sequence } from "stepwell"; export const a = 1; const all: any[] = []; for (const r of [1, 2]) all.push(step({ name: `${r}`, run() {} })); sequence(...all);',
    ],
    [
      "looks at what came of a submission",
      'import { pipeline } from "stepwell"; export const a = 1; const p = pipeline({}, () => ({})); const run = await p.submit(); const { status } = await run.wait(); if (status !== "Completed") process.exit(6);',
    ],
    [
      "submits in a callback",
      'import { pipeline } from "stepwell"; export const a = 1; const p = pipeline({}, () => ({})); p.submit().then((run) => { if (run.status !== "Completed") process.exit(7); }); (async () => { await p.submit(); process.exit(8); })();',
    ],
  ])("is quiet in a step when it %s", async (_, one) => {
    const files = {
      "one.ts": one,
      "taxi.ts":
        'import { pipeline } from "stepwell"; export const taxi = pipeline({}, () => ({}));',
      "own.ts": 'export { step as define } from "stepwell";',
    };
    expect(await uses(files)).toBe("1");
  });
});

describe("a module of the project that makes steps and a table of values", () => {
  it.each([
    ["in one loop", 'for (const k of ["x", "y"]) { models[k] = k.length; void input.string(k); }'],
    [
      "in one callback",
      '["x", "y"].forEach((k) => { models[k] = k.length; step({ name: k, run() {} }); });',
    ],
    [
      "in a function",
      'function make(k: string) { models[k] = k.length; return step({ name: k, run() {} }); } export const x = make("x"); make("y");',
    ],
    [
      "and gives the table to what it submits",
      'const p = pipeline({}, () => ({})); for (const k of ["x", "y"]) { models[k] = k.length; await p.submit(models); }',
    ],
  ])("%s, keeps the table", async (_, more) => {
    const files = {
      "steps.ts": step(
        "run: ({ log }) => log.info(models.x + models.y)",
        'import { models } from "./one";',
      ),
      "one.ts": `import { input, pipeline, step } from "stepwell"; export const models: any = {}; ${more}`,
    };
    expect(await printed(files)).toBe("2");
  });
});

describe("a text is kept as it is", () => {
  it.each([
    [
      "over several lines",
      "const text = `a\n  // b\n\n  c`;",
      "JSON.stringify(text)",
      '"a\\n  // b\\n\\n  c"',
    ],
    [
      "in a module with Windows line ends",
      "const text = 'a';\r\nconst other = 'b';\r\n",
      "text + other",
      "ab",
    ],
    ["in a module with a first line for a shell", "const text = 'a';", "text", "a"],
  ])("%s", async (_, head, value, expected) => {
    const text = step(`run: ({ log }) => log.info(${value})`, head);
    const isShell = expected === "a";
    expect(await printed({ "steps.ts": isShell ? `#!/usr/bin/env node\n${text}` : text })).toBe(
      expected,
    );
    expect(await printed({ "steps.ts": `\uFEFF${text}` })).toBe(expected);
  });
});
