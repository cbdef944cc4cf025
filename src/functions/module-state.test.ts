import { afterEach, describe, expect, it } from "vitest";
import { FunctionProject } from "../testing/function-project.ts";

const projects: FunctionProject[] = [];

afterEach(() => {
  for (const made of projects.splice(0)) made.remove();
});

type Files = Readonly<Record<string, string>>;

function project(head: string, value: string, files: Files = {}): FunctionProject {
  const text = `import * as stepwell from "stepwell";\nimport { input, step } from "stepwell";\n${head}\nexport const evaluate = step({ name: "evaluate", run: ({ log }: any) => log.info(${value}) });\n`;
  const made = new FunctionProject({ "steps.ts": text, ...files });
  projects.push(made);
  return made;
}

async function printed(head: string, value: string, files: Files = {}): Promise<string> {
  const end = await project(head, value, files).run();
  expect(end).toMatchObject({ stderr: "", status: 0 });
  return end.stdout.trimEnd();
}

const REGISTRY = {
  "effect.ts": 'import { registry } from "./registry.ts"; registry.set("e", 5);',
  "registry.ts":
    "export const registry = new Map<string, number>(); export function fill(t: any) { t.filled = 1; } export function register() { registry.set('b', 8); }",
};

describe("a run sees what its module did as it was loaded:", () => {
  it.each<[string, string, string, string]>([
    [
      "a table filled by forEach",
      "const t: any = {}; const ks = ['a']; ks.forEach((k) => { t[k] = 1; });",
      "t.a",
      "1",
    ],
    [
      "by a function that is called at once",
      "const t: any = {}; (() => { t.x = 1; })();",
      "t.x",
      "1",
    ],
    ["by a function", "const t: any = {}; function fill() { t.x = 1; } fill();", "t.x", "1"],
    [
      "by a function through functions",
      "const t: any = {}; const put = () => { t.x = 1; }; const all = () => put(); all();",
      "t.x",
      "1",
    ],
    [
      "a map filled by an arrow",
      'const table = new Map(); const add = (k: string, v: number) => table.set(k, v); add("x", 1);',
      'table.get("x")',
      "1",
    ],
    [
      "a list filled by an exported function",
      'const plugins: string[] = []; export function use(p: string) { plugins.push(p); } use("csv");',
      "plugins.join()",
      "csv",
    ],
    ["what a declaration does", "const arr: number[] = []; const n = arr.push(3);", "arr[0]", "3"],
    [
      "what a declaration assigns",
      "const o1: any = {}; const o2 = Object.assign(o1, { n: 1 });",
      "o1.n",
      "1",
    ],
    ["an alias", "const t: any = {}; const alias = t; alias.x = 1;", "t.x", "1"],
    [
      "a part of it",
      "class Node_ { all: any[] = []; add(n: string) { const m = new Node_(); this.all.push(n, m); return m; } }\nconst reg = new Node_(); const sub = reg.add('a'); sub.add('b');",
      "reg.all[1].all[0]",
      "b",
    ],
    [
      "what holds it",
      "const t: any = {}; const holder: any = {}; holder.t = t; holder.t.x = 1;",
      "t.x",
      "1",
    ],
    [
      "a pattern",
      "const t: any = {}; [t.a, t.b] = [1, 2]; ({ c: t.c } = { c: 3 });",
      "t.a + t.b + t.c",
      "6",
    ],
    [
      "the value of a default export",
      "const t: any = {}; export default Object.assign(t, { x: 1 });",
      "t.x",
      "1",
    ],
    [
      "a table of another module",
      'import { registry } from "./registry.ts"; registry.set("a", 7);',
      'registry.get("a")',
      "7",
    ],
    [
      "a table of another module that its function fills",
      'import { register, registry } from "./registry.ts"; register();',
      'registry.get("b")',
      "8",
    ],
    [
      "a table that an imported function fills",
      'import { fill } from "./registry.ts"; const t: any = {}; fill(t);',
      "t.filled",
      "1",
    ],
    ["a variable of the process", 'process.env.TZ = "Asia/Tokyo";', "new Date(0).getHours()", "9"],
    [
      "a variable of the process that a function sets",
      'import { env } from "node:process"; function setUp() { env.MODE = "deep"; } setUp();',
      "process.env.MODE",
      "deep",
    ],
    [
      "a variable of the process by another name",
      'const given = process.env; given.MODE = "deep";',
      "process.env.MODE",
      "deep",
    ],
    [
      "a table that a module fills as it is imported",
      'import { registry } from "./registry.ts"; await import("./effect.ts");',
      'registry.get("e")',
      "5",
    ],
    [
      "a setting of Node",
      "import { EventEmitter } from 'node:events'; EventEmitter.defaultMaxListeners = 33;",
      "new EventEmitter().getMaxListeners()",
      "33",
    ],
    ["a global", 'globalThis.own = "yes";', "globalThis.own", "yes"],
    [
      "a table filled by statements that define steps too",
      'const t: any = {}; const all: any[] = []; for (const k of ["a", "b"]) { t[k] = k; all.push(step({ name: k, run() {} })); void input.string(); }',
      "t.b",
      "b",
    ],
    [
      "a table filled by a callback that defines steps too",
      'const t: any = {}; const all = ["a", "b"].map((k) => { t[k] = k; return step({ name: k, run() {} }); });',
      "t.b",
      "b",
    ],
    [
      "a table filled by a function that makes steps",
      "const t: any = {}; function make(k: string) { t[k] = k; return step({ name: k, run() {} }); } function both() { make('a'); return make('b'); } const last = both();",
      "t.a + t.b",
      "ab",
    ],
    [
      "a table filled in a loop that submits",
      'const taxi = stepwell.pipeline({}, () => ({})); const t: any = {}; for (const k of ["a"]) { t[k] = k; await taxi.submit(t); }',
      "t.a",
      "a",
    ],
  ])("%s", async (_, head, value, expected) => {
    expect(await printed(head, value, REGISTRY)).toBe(expected);
  });
});

describe("a run is not followed by", () => {
  const head = "const SEED = { n: 1 }; const taxi = stepwell.pipeline({}, () => ({}));";
  it.each<[string, string]>([
    ["what is submitted", "const done = await taxi.submit(SEED); console.log(done.id, SEED);"],
    [
      "a function that submits",
      "async function main(seed: any) { await taxi.submit(seed); process.exit(3); } await main(SEED);",
    ],
    [
      "a function that submits at once",
      "(async () => { const done = await taxi.submit(SEED); if (done.id !== SEED) process.exit(3); })();",
    ],
    [
      "what comes of a submission",
      "const done = await taxi.submit(SEED); const { status } = await done.wait(); if (status !== SEED) process.exit(3);",
    ],
    [
      "a guard of the main program",
      "if (import.meta.filename === process.argv[1]) { SEED.n = 2; globalThis.own = 1; }",
    ],
    ["what is printed", "console.log(SEED, String(SEED.n));"],
    [
      "what is printed where it is asked for",
      "if (process.argv.includes('--print')) { console.log(SEED); } else console.table(SEED);",
    ],
    [
      "what is submitted where it is asked for",
      "if (process.argv[2] === 'go') await taxi.submit(SEED);",
    ],
    [
      "a function that makes steps of it",
      "const make = (name: string) => step({ name, run: ({ log }: any) => log.info(SEED) }); const all = ['a'].map(make); make('b');",
    ],
    ["what is done with Node alone", 'import fs from "node:fs"; fs.mkdirSync("/proc/none");'],
    ["what only reads it", "const other = { ...SEED }; export const text = String(SEED.n);"],
    [
      "a path",
      'import path from "node:path"; export const other = path.join(String(SEED.n), "other");',
    ],
  ])("%s", async (_, more) => {
    const [before, after] = await Promise.all([
      project(head, "SEED.n").program(),
      project(`${head}\n${more}`, "SEED.n").program(),
    ]);
    expect(after).toBe(before);
  });
});
