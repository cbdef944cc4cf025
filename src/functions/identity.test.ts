import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { FunctionProject } from "../testing/function-project.ts";

const STEPS = `import { step, input, pipeline } from "stepwell";
import { score } from "./lib/score";

const labels = ["low", "high"];
const offset = 2;

function shifted(value: number): number {
  return value + offset;
}

export const evaluate = step({
  name: "evaluate",
  inputs: { threshold: input.number({ default: 0.9 }) },
  async run({ log }) {
    const total = shifted(score(3));
    log.info(labels[1], total);
  },
});

export const other = step({
  name: "other",
  async run({ log }) {
    log.info("other");
  },
});

export const taxi = pipeline({ name: "taxi" }, () => ({ evaluate: evaluate({}), other: other({}) }));
await taxi.submit();
`;

const FILES = {
  "steps.ts": STEPS,
  "lib/score.ts": `import { weigh } from "./weigh";
import { train } from "../train";
export function score(value: number) { return weigh(value) * 2; }
export const unusedHere = () => train;
`,
  "lib/weigh.ts": `import { base } from "./deep/base.js";
export const weigh = (value: number) => value * base;
`,
  "lib/deep/base.ts": "export const base = 7;\n",
  "train.ts": `import { command, step } from "stepwell";
import { heavy } from "./heavy";
const shared = heavy("for train");
export const train = command({ name: "train", code: "./src", tags: shared });
export const more = step({ name: "more", run() { heavy("more"); } });
await train({}).submit();
`,
  "heavy.ts": `console.log("loaded");
export function heavy(text: string) { return { text }; }
`,
};

const projects: FunctionProject[] = [];

function project(files: Readonly<Record<string, string>> = FILES): FunctionProject {
  const made = new FunctionProject(files);
  projects.push(made);
  return made;
}

afterEach(() => {
  for (const made of projects.splice(0)) made.remove();
});

/** The programs before and after an edit of a file. */
async function edited(
  file: keyof typeof FILES,
  edit: (text: string) => string,
): Promise<readonly [string, string]> {
  const place = project();
  const before = await place.program();
  const text = edit(FILES[file]);
  expect(text).not.toBe(FILES[file]);
  place.write({ [file]: text });
  return [before, await place.program()];
}

describe("the program of a function step stays the same when", () => {
  it.each<[string, keyof typeof FILES, (text: string) => string]>([
    [
      "a comment is added",
      "steps.ts",
      (text) => text.replace("const total", "// sum\n    const total"),
    ],
    ["a legal comment is added", "steps.ts", (text) => `/*! (c) us */\n${text}`],
    ["a comment is added to a helper", "lib/weigh.ts", (text) => `/** Weighs. */\n${text}// end\n`],
    ["the code is formatted otherwise", "steps.ts", (text) => text.replaceAll("\n  ", "\n\n\t")],
    ["a local variable is renamed", "steps.ts", (text) => text.replaceAll("total", "sumOfAll")],
    [
      "a constant of the module is renamed",
      "steps.ts",
      (text) => text.replaceAll("labels", "names"),
    ],
    [
      "a helper's export is renamed",
      "lib/score.ts",
      (text) => text.replaceAll("unusedHere", "still"),
    ],
    [
      "a type is added",
      "steps.ts",
      (text) => text.replace("const offset", "type A = 1;\nconst offset: number"),
    ],
    [
      "another step of the file changes",
      "steps.ts",
      (text) => text.replace('info("other")', 'info("changed")'),
    ],
    [
      "another step of the file is added",
      "steps.ts",
      (text) =>
        text.replace(
          "export const taxi",
          'const third = step({ name: "third", run: () => console.log(labels) });\nexport const taxi',
        ),
    ],
    [
      "another step of the file goes",
      "steps.ts",
      (text) => text.replace(/export const other[\s\S]*?\n}\);\n/, ""),
    ],
    ["the step's inputs get a default", "steps.ts", (text) => text.replace("0.9", "0.5")],
    [
      "the step is renamed and its variable too",
      "steps.ts",
      (text) =>
        text.replace("const evaluate =", "const judge =").replaceAll("evaluate({})", "judge({})"),
    ],
    ["the pipeline changes", "steps.ts", (text) => text.replace('name: "taxi"', 'name: "cab"')],
    [
      "what is submitted changes",
      "steps.ts",
      (text) => text.replace(".submit()", ".submit({ force: true })"),
    ],
    [
      "an unused import comes",
      "steps.ts",
      (text) => `import { heavy } from "./heavy";\n${text}console.log(heavy("x"));\n`,
    ],
    [
      "unrelated statements change places",
      "steps.ts",
      (text) =>
        text
          .replace("const offset = 2;\n", "")
          .replace("const labels", "const offset = 2;\nconst labels")
          .replace(
            'const offset = 2;\nconst labels = ["low", "high"];',
            'const labels = ["low", "high"];\nconst offset = 2;',
          )
          .replace("export const evaluate", "console.log(1);\nexport const evaluate"),
    ],
    [
      "a step of an imported file changes",
      "train.ts",
      (text) => text.replace('name: "train"', 'name: "train2"'),
    ],
    [
      "what only such a step uses changes",
      "train.ts",
      (text) => text.replace("for train", "for it"),
    ],
    [
      "a function step of an imported file changes",
      "train.ts",
      (text) => text.replace('heavy("more")', 'heavy("less")'),
    ],
    [
      "a module that only such a step uses changes",
      "heavy.ts",
      (text) => text.replace("loaded", "read"),
    ],
    [
      "an imported file submits something else",
      "train.ts",
      (text) => text.replace("submit()", "submit({ tags: {} })"),
    ],
  ])("%s", async (_, file, edit) => {
    const [before, after] = await edited(file, edit);
    expect(after).toBe(before);
  });

  it("the project lies in another folder", async () => {
    expect(await project().program()).toBe(await project().program());
  });

  it("the step has another name, because a name is no identity", async () => {
    const place = project();
    const before = await place.program();
    place.write({ "steps.ts": STEPS.replace('name: "evaluate"', 'name: "judge"') });
    expect(await place.program("judge")).toBe(before);
  });

  it("ports are written in another order", async () => {
    const place = project();
    const one = { type: "number", optional: false } as const;
    const other = { type: "uri_file", optional: true } as const;
    const first = await place.bundled("evaluate", "steps.ts", {
      inputs: { one, other },
      outputs: { a: { type: "uri_file" }, b: { type: "uri_folder" } },
    });
    const second = await place.bundled("evaluate", "steps.ts", {
      inputs: { other, one },
      outputs: { b: { type: "uri_folder" }, a: { type: "uri_file" } },
    });
    expect(second.program).toBe(first.program);
  });

  it("another file of the project changes that nothing imports", async () => {
    const place = project();
    const before = await place.program();
    place.write({ "lib/unused.ts": "export const renamed = 1;\n" });
    expect(await place.program()).toBe(before);
  });
});

describe("the program of a function step changes when", () => {
  it.each<[string, keyof typeof FILES, (text: string) => string]>([
    ["its own code does", "steps.ts", (text) => text.replace("score(3)", "score(4)")],
    ["a constant that it reaches does", "steps.ts", (text) => text.replace('"high"', '"top"')],
    [
      "a constant that a function of the module reaches does",
      "steps.ts",
      (text) => text.replace("offset = 2", "offset = 3"),
    ],
    [
      "a function is renamed, because its name can be seen",
      "steps.ts",
      (text) => text.replaceAll("shifted", "movedAlong"),
    ],
    ["a helper does", "lib/score.ts", (text) => text.replace("* 2", "* 3")],
    ["a helper three files away does", "lib/deep/base.ts", (text) => text.replace("7", "8")],
    [
      "a helper begins to do something when it is loaded",
      "lib/weigh.ts",
      (text) => `console.log("hello");\n${text}`,
    ],
  ])("%s", async (_, file, edit) => {
    const [before, after] = await edited(file, edit);
    expect(after).not.toBe(before);
  });

  it("an input has another type", async () => {
    const place = project();
    const ports = (type: "number" | "string") => ({
      inputs: { threshold: { type, optional: false } },
      outputs: {},
    });
    const first = await place.bundled("evaluate", "steps.ts", ports("number"));
    const second = await place.bundled("evaluate", "steps.ts", ports("string"));
    expect(second.program).not.toBe(first.program);
  });
});

describe("what a program holds", () => {
  it("is nothing of other steps, pipelines and what is submitted", async () => {
    const program = await project().program();
    for (const word of ["other", "taxi", "submit(", "for train", "loaded", "threshold"])
      expect(program.split("\n").slice(2).join("\n")).not.toContain(word);
  });

  it("says in its first line how it was made", async () => {
    const program = await project().program();
    expect(program.split("\n")[0]).toMatch(/^\/\/ Stepwell function 1, esbuild \d+\.\d+\.\d+$/);
  });

  it("comes with the files that it was made from", async () => {
    const place = project();
    const { sources, projectFolder } = await place.bundled();
    expect(projectFolder).toBe(place.folder);
    for (const name of ["steps.ts", "lib/score.ts", "lib/weigh.ts", "lib/deep/base.ts"])
      expect(sources).toContain(path.join(place.folder, name));
    expect(sources.every((file) => fs.existsSync(file))).toBe(true);
  });
});

describe("comments and white space", () => {
  /** Where a line ends outside of texts: white space and comments mean nothing there. */
  const places = [...STEPS.matchAll(/\n/g)].map((match) => match.index);
  const words = fc.constantFrom(
    "\n",
    "   ",
    "\t",
    " // word",
    "\n/* step({ name: 1 }) */",
    "\n// run() {}\n",
    "\n/*! legal */",
  );

  it("change no program, wherever they are put", async () => {
    const place = project();
    const before = await place.program();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...places), words), { minLength: 1, maxLength: 6 }),
        async (insertions) => {
          let text = STEPS;
          for (const [at, word] of insertions.toSorted(([one], [other]) => other - one))
            text = text.slice(0, at) + word + text.slice(at);
          place.write({ "steps.ts": text });
          expect(await place.program()).toBe(before);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("names", () => {
  const shape = ([a, b, c, d, e, f]: readonly string[]) => ({
    "steps.ts": `import { step } from "stepwell";
import { measure as ${a} } from "./own";
const ${b} = ["x"];
class Part { constructor(readonly size: number) {} }
export const ${d} = step({ name: "evaluate", async run({ inputs: ${e}, log }) {
  const ${f} = ${a}(${b}.length);
  log.info({ size: new Part(${f}).size, given: ${e} });
} });
`,
    "own.ts": `import ${b} from "node:path";
const ${c} = { deep: 1 };
function isMany(${e}: number) { return ${e} > 100; }
export const ${d} = () => isMany(2) + count("queue");
export function measure(${f}: number) { return ${b}.join(String(${f} + ${c}.deep)); }
function count(${a}: string) { return ${a}.length; }
`,
  });
  const word = fc
    .stringMatching(/^[a-z][a-zA-Z]{1,8}[0-9]$/)
    .filter((name) => !/^(step|log)/.test(name));

  it("of variables and steps change no program", async () => {
    const place = project(shape(["alpha", "beta", "gamma", "delta", "epsilon", "phi"]));
    const before = await place.program();
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(word, { minLength: 6, maxLength: 6 }), async (names) => {
        place.write(shape(names));
        expect(await place.program()).toBe(before);
      }),
      { numRuns: 40 },
    );
  });
});
