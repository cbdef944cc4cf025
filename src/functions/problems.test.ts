import { afterEach, describe, expect, it } from "vitest";
import { FunctionProject } from "../testing/function-project.ts";
import { bundleFunction } from "./bundle-function.ts";

const projects: FunctionProject[] = [];

afterEach(() => {
  for (const made of projects.splice(0)) made.remove();
});

function project(files: Readonly<Record<string, string>>): FunctionProject {
  const made = new FunctionProject(files);
  projects.push(made);
  return made;
}

const problems = (text: string, files: Readonly<Record<string, string>> = {}) =>
  project({ "steps.ts": text, ...files }).problems();

describe("a variable around the step", () => {
  it("of a function is named with the place of its use", async () => {
    const text = `import { step } from "stepwell";
export function make(region: string) {
  return step({
    name: "evaluate",
    run({ log }) {
      log.info(region);
    },
  });
}
`;
    expect(await problems(text)).toEqual([
      "run of step `evaluate` uses `region`, a variable of the function around it (steps.ts:6:16); pass it as an input",
    ]);
  });

  it.each<[string, string, string]>([
    ["loop", "for (const region of ['eu']) {", "for (const region of ['eu']) {"],
    ["loop", "counting", "for (let region = 0; region < 2; region++) {"],
    ["block", "a block of the module", "{ const region = 1;"],
    ["block", "var in a loop", "for (var region of ['eu']) {"],
    ["block", "a function declared in a block", "{ function region() {}"],
    ["block", "a caught error", "try { throw 1; } catch (region) {"],
  ])("of a %s is a mistake too: %s", async (word, _, head) => {
    const text = `import { step } from "stepwell";\n${head}\n step({ name: "evaluate", run: ({ log }) => log.info(region) });\n}\n`;
    expect(await problems(text)).toEqual([
      `run of step \`evaluate\` uses \`region\`, a variable of the ${word} around it (steps.ts:3:54); pass it as an input`,
    ]);
  });

  it("is said once for each name, all of them", async () => {
    const text = `import { step } from "stepwell";
export const make = (one: number, two: number) => step({ name: "evaluate",
  run: ({ log }) => { log.info(one + two); log.info(one); } });
`;
    expect(await problems(text)).toEqual([
      expect.stringContaining("`one`, a variable of the function around it (steps.ts:3:32)"),
      expect.stringContaining("`two`, a variable of the function around it (steps.ts:3:38)"),
    ]);
  });

  it("that is the run itself has to be written where the step is", async () => {
    const text = `import { step } from "stepwell";
export const make = (body: () => void) => step({ name: "evaluate", run: body });
`;
    expect(await problems(text)).toEqual([
      "run of step `evaluate` uses `body`, a variable of the function around it (steps.ts:2:73); write the function in the call of step(), or at the top level of the module",
    ]);
  });

  it("is none where a function of run has one of the same name", async () => {
    const text = `import { step } from "stepwell";
export const make = (region: string) => step({ name: "evaluate", tags: { region },
  run: ({ log }) => { const region = "own"; log.info(region); } });
`;
    expect(await problems(text)).toEqual([]);
  });
});

describe("words without a meaning in a function that runs alone", () => {
  it.each([
    ["this", "run() { this.name; }", "steps.ts:2:54"],
    ["this", "run() { return () => this; }", "steps.ts:2:67"],
    ["super", "run() { super.toString(); }", "steps.ts:2:54"],
    ["new.target", "run: function () { void new.target; }", "steps.ts:2:70"],
  ])("%s: %s", async (word, run, place) => {
    const text = `import { step } from "stepwell";\nexport const s = step({ name: "evaluate",    ${run} });\n`;
    expect(await problems(text)).toEqual([
      `run of step \`evaluate\` uses \`${word}\`, which it does not have when it runs alone (${place}); use what run is given ({ inputs, outputs, log }) or a constant of the module`,
    ]);
  });

  it("this of the function around an arrow", async () => {
    const text = `import { step } from "stepwell";
export function make() { return step({ name: "evaluate", run: () => { void this; } }); }
`;
    expect(await problems(text)).toEqual([
      expect.stringContaining(
        "uses `this`, which it does not have when it runs alone (steps.ts:2:76)",
      ),
    ]);
  });

  it("but `this` of a function or class inside run is its own", async () => {
    const text = `import { step } from "stepwell";
export const s = step({ name: "evaluate", run() {
  class A { n = this; m() { return this; } }
  return [A, function () { return this; }, { o() { return super.toString(); } }];
} });
`;
    expect(await problems(text)).toEqual([]);
  });
});

describe("a step that cannot be found", () => {
  it("because its module is no file", async () => {
    const made = await bundleFunction(
      { file: "/nowhere/cell.ts", line: 3, column: 5, name: "evaluate" },
      { inputs: {}, outputs: {} },
    );
    expect(made).toEqual({
      ok: false,
      problems: [
        {
          message: "the module of step `evaluate` is not a file",
          hint: "write function steps in a .ts or .js file and import them where they are used",
          file: "/nowhere/cell.ts",
          line: 3,
          column: 5,
        },
      ],
    });
  });

  it("because no call of step stands there", async () => {
    const text = 'const s = define(\n{ name: "evaluate" });\nfunction define(a: unknown) {}\n';
    expect(await problems(text)).toEqual([
      'no call of step() stands at this place for step `evaluate` (steps.ts:1:11); import `step` from "stepwell" and call it with an object: step({ name, inputs, run })',
    ]);
  });

  it("because its run is not in the call", async () => {
    const text = `import { step } from "stepwell";\nimport { rest } from "./rest";\nstep({ name: "evaluate", ...rest });\n`;
    expect(await problems(text, { "rest.ts": "export const rest = { run() {} };" })).toEqual([
      "the call of step `evaluate` does not show its `run` (steps.ts:3:1); write run in the object of the call: a method, a function, or the name of a function of the module",
    ]);
  });

  it.each([
    ["is found by its name when the line is not quite right", 1],
    ["is found by its name when the line is beyond the file", 999],
  ])("%s", async (_, line) => {
    const text = `import { step } from "stepwell";
step({ name: "first", run: ({ log }) => log.info("first") });
step({ name: "evaluate", run: ({ log }) => log.info("second") });
`;
    const place = project({ "steps.ts": text });
    const made = await bundleFunction(
      { file: `${place.folder}/steps.ts`, line, column: 1, name: "evaluate" },
      { inputs: {}, outputs: {} },
    );
    expect(made.ok && made.value.program).toContain('"second"');
  });
});

describe("of two calls on one line", () => {
  const text = `import { step } from "stepwell";
const a = step({ name: "evaluate", run: ({ log }) => log.info("A") }), b = step({ name: "b", run: ({ log }) => log.info("B") });
`;

  it.each([
    ["the one at the column is meant", 76, "b", '"B"'],
    ["the one at the column is meant, whatever its name is by now", 76, "renamed", '"B"'],
    ["the one of the name is meant when the column fits none", 1, "b", '"B"'],
  ])("%s", async (_, column, name, expected) => {
    const place = project({ "steps.ts": text });
    const made = await bundleFunction(
      { file: `${place.folder}/steps.ts`, line: 2, column, name },
      { inputs: {}, outputs: {} },
    );
    expect(made.ok && made.value.program).toContain(expected);
  });
});

describe("what cannot be shipped", () => {
  const uses = (head: string, value: string) =>
    `import { step } from "stepwell";\n${head}\nexport const s = step({ name: "evaluate", run: ({ log }) => log.info(${value}) });\n`;

  it.each(["import.meta.url", "import.meta.dirname", "__dirname", "__filename"])(
    "files beside the module, found by %s",
    async (word) => {
      expect(await problems(uses("", word))).toEqual([
        `\`${word}\` is used by a function step, but files beside the module are not shipped with it (steps.ts:3:70); pass the file or folder as an input`,
      ]);
    },
  );

  it("files beside a helper that is used", async () => {
    const files = {
      "lib/read.ts":
        "\nexport function read() {\n  return new URL('./x.csv', import.meta.url);\n}\n",
    };
    expect(await problems(uses('import { read } from "./lib/read";', "read()"), files)).toEqual([
      expect.stringContaining("(lib/read.ts:3:29); pass the file or folder as an input"),
    ]);
  });

  it("but what is not used may look for them", async () => {
    const text = uses("const here = new URL('.', import.meta.url);\nconsole.log(here);", "1");
    expect(await problems(text)).toEqual([]);
  });

  it("a package that is not installed", async () => {
    expect(await problems(uses('import { a } from "@none/such/part";', "a"))).toEqual([
      'Could not resolve "@none/such/part" (steps.ts:2:19); install it: npm install @none/such',
    ]);
  });

  it("a file that is not there", async () => {
    expect(await problems(uses('import { a } from "./none";', "a"))).toEqual([
      'Could not resolve "./none" (steps.ts:2:19); correct the path of the import',
    ]);
  });

  it("a name that a module does not export, two at once", async () => {
    const text = uses('import { a, b } from "./one";', "a + b");
    expect(await problems(text, { "one.ts": "export const c = 1;" })).toEqual([
      'No matching export in "one.ts" for import "a" (steps.ts:2:10); correct the source, or leave it out of what the function uses',
      'No matching export in "one.ts" for import "b" (steps.ts:2:13); correct the source, or leave it out of what the function uses',
    ]);
  });

  it("a kind of file that is no code", async () => {
    const text = uses('import table from "./table.csv";', "table");
    expect(await problems(text, { "table.csv": "a,b" })).toEqual([
      'No loader is configured for ".csv" files: table.csv (steps.ts:2:19); correct the source, or leave it out of what the function uses',
    ]);
  });

  it("native code of the project itself", async () => {
    const text = uses('import addon from "./addon.node";', "addon");
    expect(await problems(text, { "addon.node": "" })).toEqual([
      expect.stringContaining(
        "native code (.node) of your own cannot be shipped with a function step",
      ),
    ]);
  });

  it("a module with a mistake in its syntax, and one of the step's own", async () => {
    const text = uses('import { a } from "./one";', "a");
    expect(await problems(text, { "one.ts": "export const a = ;\n" })).toEqual([
      'Unexpected ";" (one.ts:1:18); correct the source, or leave it out of what the function uses',
    ]);
    expect(await problems(text.replace("export const s", "const = 1; export const s"))).toEqual([
      'Expected identifier but found "=" (steps.ts:3:7); correct the source',
    ]);
  });

  it("a module that is only named as the step runs, in the project's own code", async () => {
    expect(await problems(uses("const name = process.argv[2]!;", "import(name)"))).toEqual([
      "import() of a name that is only known as the function step runs cannot be bundled (steps.ts:3:70); import each module by its own name, as a text",
    ]);
    const files = {
      "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0","main":"index.js"}',
      "node_modules/lib/index.js": "exports.a = 1; exports.load = (name) => import(name);",
    };
    expect(await problems(uses('import { a } from "lib";', "a"), files)).toEqual([]);
  });

  it.each([
    ["put together", 'const name = "./x" + 1;', "import(name)"],
    ["of a constant", 'const name = "./x1";', "import(name)"],
  ])("a module whose name is %s, which the bundler sees too late", async (_, head, value) => {
    expect(await problems(uses(head, value), { "x1.ts": "export const a = 1;" })).toEqual([
      "import() of a name that is only known as the function step runs cannot be bundled (steps.ts:3:70); import each module by its own name, as a text",
    ]);
  });

  it("but a module that may be missing is no mistake", async () => {
    const maybe = ['import("./none").catch(() => 1)', 'import(/* maybe */ "none").catch(() => 1)'];
    expect(await problems(uses("", maybe.join()))).toEqual([]);
  });

  it("is said once for each place, however often the bundle has it", async () => {
    const files = { "one.ts": "export const inline = () => import.meta.url;" };
    const text = uses('import { inline } from "./one";', "inline() + inline()");
    expect(await problems(text, files)).toHaveLength(1);
  });

  it("a module that is sloppy code", async () => {
    const text = uses('import one from "./one.cjs";', "one.a");
    const one = "exports.a = __dirname;\nvar x = 1; delete x;\n";
    expect(await problems(text, { "one.cjs": one })).toEqual([
      "Deleting local variable in strict mode (one.cjs:2:12); write it as a module: import and export, in strict mode",
    ]);
  });

  it("and what is missing counts only where it is used", async () => {
    const text = uses('import { a } from "./none";\nconsole.log(a);', "1");
    expect(await problems(text)).toEqual([]);
  });
});
