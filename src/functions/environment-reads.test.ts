import { afterEach, describe, expect, it } from "vitest";
import { FunctionProject } from "../testing/function-project.ts";

const projects: FunctionProject[] = [];

afterEach(() => {
  for (const made of projects.splice(0)) made.remove();
});

type Files = Readonly<Record<string, string>>;

function project(head: string, value: string, files: Files = {}): FunctionProject {
  const made = new FunctionProject({
    "steps.ts": `import { step } from "stepwell";\n${head}\nexport const s = step({ name: "evaluate", run: ({ log }: any) => log.info(${value}) });\n`,
    ...files,
  });
  projects.push(made);
  return made;
}

const HINT = "pass it as an input, or read process.env inside of run (environment_variables)";

describe("a value of the environment that run reaches is a mistake where it is read as a module is loaded:", () => {
  it.each<[string, string, string, string, string]>([
    [
      "a constant",
      "const EPOCHS = Number(process.env.EPOCHS ?? 10);",
      "EPOCHS",
      "EPOCHS",
      "steps.ts:2:23",
    ],
    [
      "through a constant",
      "const EPOCHS = Number(process.env.EPOCHS);\nconst double = () => EPOCHS * 2;",
      "double()",
      "EPOCHS",
      "steps.ts:2:23",
    ],
    ["a pattern", "const { EPOCHS = '1' } = process.env;", "EPOCHS", "EPOCHS", "steps.ts:2:26"],
    [
      "another name, of a pattern",
      "const { env: given } = process;\nconst A = given.A;",
      "A",
      "A",
      "steps.ts:3:11",
    ],
    ["another name", "const given = process.env;\nconst { A } = given;", "A", "A", "steps.ts:3:15"],
    [
      "an import of node:process",
      'import { env as given } from "node:process";\nconst A = given.A;',
      "A",
      "A",
      "steps.ts:3:11",
    ],
    [
      "the default of node:process",
      'import own from "process";\nconst A = own.env.A;',
      "A",
      "A",
      "steps.ts:3:11",
    ],
    [
      "a function that is called as the module is loaded",
      "function load(name: string) { return process.env[name]; }\nconst A = load('A');",
      "A",
      "A",
      "steps.ts:2:38",
    ],
    [
      "an arrow that is called as the module is loaded",
      "const load = (name: string) => process.env[name];\nconst A = load('A');",
      "A",
      "A",
      "steps.ts:2:32",
    ],
    [
      "a callback",
      "const all = ['A'].map((name) => process.env[name]);",
      "all",
      "all",
      "steps.ts:2:33",
    ],
    [
      "the constructor of a class",
      "class Config { a: any; constructor() { this.a = process.env.A; } }\nconst config = new Config();",
      "config.a",
      "config",
      "steps.ts:2:49",
    ],
    ["a member", "const t: any = {};\nt.a = process.env.A;", "t.a", "t", "steps.ts:3:7"],
  ])("%s", async (_, head, value, name, place) => {
    expect(await project(head, value).problems()).toEqual([
      `run of step \`evaluate\` reaches \`${name}\`, which reads process.env when the module is loaded (${place}); ${HINT}`,
    ]);
  });

  it("process.argv, and import.meta.env", async () => {
    const head = "const NAME = process.argv[2];\nconst MODE = import.meta.env.MODE;";
    expect(await project(head, "NAME + MODE").problems()).toEqual([
      "run of step `evaluate` reaches `NAME`, which reads process.argv when the module is loaded (steps.ts:2:14); pass it as an input",
      `run of step \`evaluate\` reaches \`MODE\`, which reads import.meta.env when the module is loaded (steps.ts:3:14); ${HINT}`,
    ]);
  });

  it.each([
    ["a module", 'import { A } from "./one.ts";', "A"],
    ["a module that is imported as it runs", "", "(await import('./one')).A"],
  ])("of %s that is imported", async (_, head, value) => {
    const files = { "one.ts": "\nexport const A = process.env.A;" };
    const made = project(head, value, files);
    made.write({
      "steps.ts": `import { step } from "stepwell";\n${head}\nexport const s = step({ name: "evaluate", run: async () => ${value} });\n`,
    });
    expect(await made.problems()).toEqual([
      `run of step \`evaluate\` reaches \`A\`, which reads process.env when the module is loaded (one.ts:2:18); ${HINT}`,
    ]);
  });

  it("of a CommonJS module", async () => {
    const files = { "one.cjs": "const A = process.env.A;\nexports.A = A;" };
    expect(await project('import one from "./one.cjs";', "one.A", files).problems()).toEqual([
      `run of step \`evaluate\` reaches \`A\`, which reads process.env when the module is loaded (one.cjs:1:11); ${HINT}`,
    ]);
  });
});

describe("the environment may be read", () => {
  it.each<[string, string, string]>([
    ["inside of run", "", "process.env.A"],
    [
      "inside of run by another name",
      "const given = process.env; const { env } = process;",
      "given.A + env.A",
    ],
    [
      "by functions that run calls",
      "const get = (name: string) => process.env[name]; class C { a = process.env.A; }",
      "get('A') + new C().a",
    ],
    ["where run does not reach", "const A = process.env.A; console.log(A);", "1"],
    ["by a package", 'import lib from "lib";', "lib"],
    [
      "not at all, when it is written",
      'process.env.TZ = "UTC"; process.env.A ??= "1"; process.env.D ||= "1"; delete process.env.B; Object.assign(process.env, { C: "1" });',
      "1",
    ],
    ["by another name of env", "const options = { env: 1, argv: [] };", "options.env"],
  ])("%s", async (_, head, value) => {
    const files = {
      "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0"}',
      "node_modules/lib/index.js": "module.exports = process.env.LIB;",
    };
    expect(await project(head, value, files).problems()).toEqual([]);
  });
});
