import { afterEach, describe, expect, it } from "vitest";
import { stepModule as step, stepPrinter } from "../testing/function-project.ts";

const { printed, remove } = stepPrinter();

afterEach(remove);

describe("a run that is written as", () => {
  it.each<[string, string]>([
    ["a method", step("async run({ log }) { log.info(1); }")],
    ["a function", step("run: async function ({ log }) { log.info(1); }")],
    ["an arrow", step("run: ({ log }) => log.info(1)")],
    ["an arrow with a block", step("run: async ({ log }) => { log.info(1); }")],
    ["the name of a function", step("run: judge", "function judge({ log }) { log.info(1); }")],
    ["the name of a constant", step("run: judge", "const judge = ({ log }) => log.info(1);")],
    ["a shorthand", step("run", "async function run({ log }) { log.info(1); }")],
    [
      "a wrapped function",
      step(
        "run: twice(({ log }) => log.info(1))",
        "const twice = (body) => (context) => body(context);",
      ),
    ],
    ["a quoted key", step('"run": ({ log }) => log.info(1)')],
    ["an imported function", `import { judge } from "./own";\n${step("run: judge")}`],
  ])("%s", async (_, text) => {
    const own = "export const judge = ({ log }) => log.info(1);";
    expect(await printed({ "steps.ts": text, "own.ts": own })).toBe("1");
  });
});

describe("step is found when it is imported", () => {
  const body = '({ name: "evaluate", run: ({ log }) => log.info(1) });\n';
  it.each<[string, string]>([
    [
      "under another name",
      `import { step as define } from "stepwell";\nexport const evaluate = define${body}`,
    ],
    [
      "as a namespace",
      `import * as stepwell from "stepwell";\nexport const evaluate = stepwell.step${body}`,
    ],
    [
      "through a module of the project",
      `import { define } from "./own";\nexport const evaluate = define${body}`,
    ],
    ["by require", `const { step } = require("stepwell");\nexports.evaluate = step${body}`],
    ["and exported as the default", `import { step } from "stepwell";\nexport default step${body}`],
    [
      "and called in a list",
      `import { step } from "stepwell";\nexport const all = [step${body.replace(/;\n$/, "")}, step({ name: "other", run() {} })];\n`,
    ],
  ])("%s", async (_, text) => {
    const own = 'export { step as define } from "stepwell";\n';
    expect(await printed({ "steps.ts": text, "own.ts": own })).toBe("1");
  });

  it("and called in a function that makes steps", async () => {
    const text = `import { step } from "stepwell";
const answer = 42;
function make(region: string) {
  return step({ name: "evaluate", tags: { region }, run: ({ log }) => log.info(answer) });
}
export const all = ["eu", "us"].map(make);
`;
    expect(await printed({ "steps.ts": text })).toBe("42");
  });
});

describe("of its own module a run reaches", () => {
  const reaches = (head: string, value: string) =>
    printed({ "steps.ts": step(`run: ({ log }) => log.info(${value})`, head) });

  it.each<[string, string, string, string]>([
    [
      "constants through constants",
      "const a = 1; const b = a + 1; const c = () => b + 1;",
      "c()",
      "3",
    ],
    [
      "one of several in a declaration",
      "let x = 1, y = x + 1, z = fail();\nfunction fail(): never { throw new Error('no'); }",
      "y",
      "2",
    ],
    [
      "a class with fields, private ones and inheritance",
      "class Base { #n = 2; get n() { return this.#n; } }\nclass Part extends Base { static one = 1; twice() { return super.n * 2 + Part.one; } }",
      "new Part().twice()",
      "5",
    ],
    ["generators", "function* count() { yield* [1, 2, 3]; }", "[...count()].join()", "1,2,3"],
    [
      "destructured constants",
      "const { a: { b = 5 } = {}, ...rest } = { c: 7 };\nconst [, second] = [1, 2];",
      "b + rest.c + second",
      "14",
    ],
    [
      "names that it shadows itself",
      "const value = 1;\nconst f = (value: number) => { { const value = 3; void value; } return value; };",
      "f(2) + value",
      "3",
    ],
    [
      "what only a default parameter uses",
      "const base = 9;\nconst f = (x = base) => x;",
      "f()",
      "9",
    ],
    [
      "recursion",
      "const fact = (n: number): number => n < 2 ? 1 : n * fact(n - 1);",
      "fact(5)",
      "120",
    ],
    [
      "mutual recursion",
      "function even(n: number): boolean { return n === 0 || odd(n - 1); }\nfunction odd(n: number): boolean { return n !== 0 && even(n - 1); }",
      "even(10)",
      "true",
    ],
    [
      "a variable that is assigned again",
      "let level = 1;\nif (level < 5) level = 6;\nlevel += 1;",
      "level",
      "7",
    ],
    [
      "a map that is filled after it is made",
      "const table = new Map<string, number>();\nfor (const name of ['a', 'b']) table.set(name, name.length);\ntable.set('c', 3);",
      "table.size",
      "3",
    ],
    [
      "members that are set later",
      "const config: Record<string, number> = {};\nconfig.a = 1;\nObject.assign(config, { b: 2 });",
      "JSON.stringify(config)",
      '{"a":1,"b":2}',
    ],
    ["a value that was waited for", "const value = await Promise.resolve(8);", "value", "8"],
    [
      "closures over the variable of a loop in a function",
      "function make() { const all: (() => number)[] = []; for (let i = 0; i < 3; i++) all.push(() => i); return all; }",
      "make().map((f) => f()).join()",
      "0,1,2",
    ],
    ["var of a block", "if (true) { var inner = 4; }", "inner", "4"],
    [
      "an enum, with what was added to it",
      "enum Color { Red = 1 }\nenum Color { Green = 2 }",
      "Color[Color.Red] + Color.Green",
      "Red2",
    ],
    ["a const enum", "const enum Size { Small = 3 }", "Size.Small", "3"],
    ["a namespace", "namespace Shapes { export const sides = 4; }", "Shapes.sides", "4"],
    ["an exported constant", "export const shared = 12;", "shared", "12"],
    [
      "a function exported as the default",
      "export default function own() { return 13; }",
      "own()",
      "13",
    ],
    [
      "parameter properties",
      "class Point { constructor(public x: number) {} }",
      "new Point(3).x",
      "3",
    ],
    [
      "satisfies, as and !",
      "const options = { a: 1 } satisfies Record<string, number>;\nconst b = (options as { a: number }).a!;",
      "b",
      "1",
    ],
    [
      "labels",
      "function find() { outer: for (;;) { for (;;) break outer; } return 'out'; }",
      "find()",
      "out",
    ],
    [
      "tagged templates",
      "const tag = (words: TemplateStringsArray, n: number) => words.join('-') + n;",
      "tag`a${1}b`",
      "a-b1",
    ],
    [
      "a function with its own this",
      "function Old(this: any) { this.n = 4; }",
      "new (Old as any)().n",
      "4",
    ],
    [
      "the names of functions and classes",
      "function auc() {}\nconst loss = () => 1; class NotReady extends Error {}\nlet best = auc;",
      "[auc, best, loss, NotReady].map((one) => one.name).join() + new NotReady('x').constructor.name",
      "auc,auc,loss,NotReadyNotReady",
    ],
    ["text in other scripts", "const größe = '¿ü→漢?';", "größe", "¿ü→漢?"],
  ])("%s", async (_, head, value, expected) => {
    expect(await reaches(head, value)).toBe(expected);
  });

  it("decorators of today's and of the older kind", async () => {
    const text = step(
      "run: ({ log }) => log.info(new Thing().greet())",
      `function loud(method: any): any { return function (this: any) { return method.call(this) + "!"; }; }
function seal(target: any): any { return target; }
@seal class Thing { @loud greet() { return "hello"; } }`,
    );
    expect(await printed({ "steps.ts": text })).toBe("hello!");
    const older = text
      .replace(
        "function loud(method: any): any { return function",
        "function loud(_: any, __: string, found: any): any { const method = found.value; found.value = function",
      )
      .replace('+ "!"; }; }', '+ "!"; }; return found; }');
    const tsconfig = '{"compilerOptions":{"experimentalDecorators":true}}';
    expect(await printed({ "steps.ts": older, "tsconfig.json": tsconfig })).toBe("hello!");
  });

  it("a table that a function of the module fills, and a package that is set up", async () => {
    const head = `import lib from "lib";
lib.extend("more");
const table: string[] = [];
function fill(rows: string[]) { rows.push("filled"); }
fill(table);`;
    const place = {
      "steps.ts": step("run: ({ log }) => log.info(table[0], lib.all.join())", head),
      "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0"}',
      "node_modules/lib/index.js": "exports.all = []; exports.extend = (x) => exports.all.push(x);",
    };
    expect(await printed(place)).toBe("filled more");
  });

  it("none of the statements that do something of their own with it", async () => {
    const head = `import fs from "node:fs";
import * as own from "./own";
import { pipeline } from "stepwell";
const config = { level: 2 };
const taxi = pipeline({ name: "taxi" }, () => ({}));
async function main(options: unknown) { await taxi.submit(options); console.log("submitted"); }
fs.writeFileSync("/nowhere/at/all", taxi.toYaml(config));
fs.mkdirSync("/proc/none");
console.log(config);
await main(config);
if (process.argv[1] === import.meta.filename) config.level = 3;`;
    const files = {
      "steps.ts": step("run: ({ log }) => log.info(config.level, typeof fs, own.a)", head),
      "own.ts": "export const a = 1;",
    };
    expect(await printed(files)).toBe("2 object 1");
  });

  it("one of thousands of functions", async () => {
    const head = Array.from(
      { length: 3000 },
      (_, at) => `function f${at}(a: number): number { return a > 0 ? f${at + 1}(a - 1) : ${at}; }`,
    );
    expect(await reaches([...head, "const f3000 = () => 0;"].join("\n"), "f0(5)")).toBe("5");
  });

  it("nothing that only has an effect", async () => {
    const head = "console.log('loaded'); const table = [1]; console.log(table);";
    expect(await reaches(head, "table.length")).toBe("1");
  });
});
