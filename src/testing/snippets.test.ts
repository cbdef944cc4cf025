import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "./repository.ts";
import { makeRig, type Rig } from "./rig.ts";

// Every piece of TypeScript in the documents and in the comments of the SDK compiles. A piece without imports is a part of a
// module whose names are declared here.

const PRELUDE = `
import { readFile, writeFile } from "node:fs/promises";
import * as stepwell from "stepwell";
const { command, component, input, loadComponent, notebook, output, pipeline, python, rscript, script, sequence, sh, step,
  together, transfer, importQuery, exportTable } = stepwell;
const { DefinitionError, openWorkspace, StepwellError } = stepwell;
declare const [prep, train, trainSmall, trainLarge, prepare, merge, north, south, backup, notify, taxi, run, data, ws]: any[];
`;

interface Snippet {
  readonly from: string;
  readonly text: string;
}

function snippetsOf(file: string): readonly Snippet[] {
  const lines = fs.readFileSync(path.join(ROOT, file), "utf8").split("\n");
  const isComment = file.endsWith(".ts");
  const found: Snippet[] = [];
  let open: string[] | null = null;
  for (const [index, line] of lines.entries()) {
    const text = isComment ? line.replace(/^\s*\*\s?/, "") : line;
    const isOfDocument = !isComment || /^\s*\*/.test(line);
    if (open === null && isOfDocument && text.trim() === "```ts") open = [];
    else if (open !== null && text.trim() === "```") {
      found.push({ from: `${file}:${index + 1 - open.length}`, text: open.join("\n") });
      open = null;
    } else open?.push(text);
  }
  return found;
}

function filesIn(folder: string, ending: RegExp): readonly string[] {
  return fs
    .readdirSync(path.join(ROOT, folder), { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((name) => ending.test(name) && !name.endsWith(".test.ts"));
}

// The programs of `from-code.md` name each other: a test of their own compiles and runs them.
const PAGES = [
  "README.md",
  ...filesIn("docs", /(?<!from-code)\.md$/),
  ...filesIn("examples", /README\.md$/),
];
const SOURCES = ["src/sdk", "src/client"]
  .filter((folder) => fs.existsSync(path.join(ROOT, folder)))
  .flatMap((folder) => filesIn(folder, /\.ts$/));
const SNIPPETS = [...PAGES, ...SOURCES].flatMap(snippetsOf);

function moduleOf({ text }: Snippet): string {
  if (/^import /m.test(text)) return text;
  return `${PRELUDE}\nasync function part() {\n${text.replaceAll("export default", "void")}\n}\nvoid part;\n`;
}

let rig: Rig;
let errors: readonly string[];

beforeAll(() => {
  rig = makeRig("snippets");
  for (const [index, snippet] of SNIPPETS.entries()) rig.write(`s${index}.ts`, moduleOf(snippet));
  rig.write("package.json", '{"type": "module"}');
  fs.mkdirSync(rig.at("node_modules"));
  fs.symlinkSync(ROOT, rig.at("node_modules/stepwell"));
  fs.symlinkSync(path.join(ROOT, "node_modules", "@types"), rig.at("node_modules/@types"));
  const compiler = path.join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const options =
    "--noEmit --strict --skipLibCheck --target es2023 --module nodenext --types node".split(" ");
  const names = SNIPPETS.map((_, index) => `s${index}.ts`);
  const done = spawnSync(process.execPath, [compiler, ...options, ...names], {
    cwd: rig.folder,
    encoding: "utf8",
  });
  errors = done.stdout.split("\n").filter((line) => line.includes("error"));
});

afterAll(() => rig.remove());

describe("pieces of TypeScript in documents and comments", () => {
  it("are there", () => {
    expect(SNIPPETS.length).toBeGreaterThan(10);
    expect(errors.every((line) => /^s\d+\.ts/.test(line))).toBe(true);
  });

  it.each(SNIPPETS.map((snippet, index) => [snippet.from, index] as const))(
    "%s compiles",
    (_, index) => {
      expect(errors.filter((line) => line.startsWith(`s${index}.ts`))).toEqual([]);
    },
  );
});
