import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../repository.ts";

// Mistakes that no compiler has seen: JavaScript against the built package, in one plain Node. Each is an error that names the
// mistake, says what to do, and stands at the place of the mark `^`.

const HEAD = `import {
  command, component, DefinitionError, input, loadComponent, notebook, output, pipeline, python, rscript, script, sequence, sh, step, together,
} from "stepwell";
const prep = command({ name: "prep", inputs: { raw: input.folder() }, outputs: { clean: output.folder() }, run: "x" });
const num = command({ name: "num", inputs: { n: input.number(), i: input.integer({ default: 1 }) }, run: "x" });
const flag = command({ name: "flag", inputs: { on: input.boolean(), text: input.string({ default: "" }) }, run: "x" });
const kept = {};
pipeline({ name: "other" }, () => {
  kept.step = prep({ raw: "./x" });
  kept.group = together(kept.step);
});
const within = (body, name = "taxi") => pipeline({ name, inputs: { raw: input.folder(), n: input.number() } }, body);
`;

interface Case {
  readonly what: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly section: string;
}

function readCases(): readonly Case[] {
  const blocks = fs
    .readFileSync(path.join(import.meta.dirname, "bad-definitions.txt"), "utf8")
    .trim()
    .split("\n\n");
  let section = "";
  return blocks.slice(1).flatMap((block) => {
    if (block.startsWith("# ")) section = block;
    const [what = "", code = "", said = ""] = block.split("\n").map((line) => line.trim());
    const arrow = said.lastIndexOf(" → ");
    const [message, hint] = [said.slice(0, arrow), said.slice(arrow + 3)];
    return block.startsWith("# ") ? [] : [{ what, code, message, hint, section }];
  });
}

interface Said {
  readonly reason: string;
  readonly hint: string;
  readonly place: { readonly file: string; readonly line: number; readonly column: number } | null;
}

/** What each line of code throws, by its number in the file. */
function thrown(lines: readonly string[], folder: string): readonly Said[] {
  const file = path.join(folder, "pipelines.mjs");
  const code = lines.map((line) => `said(() => { ${line.replace("^", "")}; });\n`);
  const said = `const all = [];
const said = (body) => {
  try { body(); all.push({ reason: "nothing" }); }
  catch (error) { all.push({ ...error, isOne: error instanceof DefinitionError, text: String(error) }); }
};
`;
  fs.writeFileSync(file, `${HEAD}${said}${code.join("")}console.log(JSON.stringify(all));\n`);
  const first = `${HEAD}${said}`.split("\n").length;
  const all = JSON.parse(execFileSync(process.execPath, [file], { encoding: "utf8" })) as Said[];
  return all.map(({ reason, hint, place }, index) => ({
    reason,
    hint,
    place:
      place === null || place === undefined ? null : { ...place, line: place.line - first - index },
  }));
}

describe("a mistake in code that nobody compiled", () => {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell bad (1) é#%-")));
  fs.mkdirSync(path.join(folder, "node_modules"));
  fs.symlinkSync(ROOT, path.join(folder, "node_modules", "stepwell"));
  const cases = readCases().map((one) => ({ ...one, line: lineOf(one) }));
  const all = thrown(
    cases.map(({ line }) => line),
    folder,
  );
  fs.rmSync(folder, { recursive: true });

  it.each(cases.map((one, index) => [one.what, { ...one, said: all[index] }] as const))(
    "is told with its place: %s",
    (_, { message, hint, line, said }) => {
      expect(said?.reason).toContain(message);
      expect(said?.hint).toContain(hint);
      const column = "said(() => { ".length + line.indexOf("^") + 1;
      expect(said?.place).toEqual({ file: path.join(folder, "pipelines.mjs"), line: 0, column });
    },
  );

  it("is read whole: no case is lost", () => {
    expect(cases.length).toBeGreaterThan(70);
    expect(cases.filter(({ line, hint }) => !line.includes("^") || hint === "")).toEqual([]);
  });
});

describe("a step of another copy of the package", () => {
  it("is refused with where both lie", () => {
    const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-copies-")));
    const other = path.join(folder, "steps/node_modules/stepwell");
    fs.mkdirSync(path.join(folder, "node_modules"));
    fs.symlinkSync(ROOT, path.join(folder, "node_modules/stepwell"));
    fs.mkdirSync(path.join(other, "dist"), { recursive: true });
    for (const name of ["package.json", ...fs.readdirSync(path.join(ROOT, "dist"))])
      if (/\.js$|^package/.test(name))
        fs.copyFileSync(
          path.join(ROOT, name === "package.json" ? name : `dist/${name}`),
          path.join(other, name === "package.json" ? name : `dist/${name}`),
        );
    fs.writeFileSync(
      path.join(folder, "steps/say.mjs"),
      'import { command } from "stepwell";\nexport const say = command({ name: "say", run: "x" });\n',
    );
    fs.writeFileSync(
      path.join(folder, "p.mjs"),
      `import { pipeline } from "stepwell";
import { say } from "./steps/say.mjs";
try { pipeline({ name: "p" }, () => void say()); } catch (error) { console.log(error.message); }
`,
    );
    const said = execFileSync(process.execPath, [path.join(folder, "p.mjs")], { encoding: "utf8" });
    fs.rmSync(folder, { recursive: true });
    expect(said).toBe(
      `${folder}/p.mjs:3:42: step \`say\` was defined with another copy of stepwell than the pipeline around it
  let both import the same one (npm dedupe): ${other} and ${ROOT}
`,
    );
  });
});

function lineOf({ section, code }: Case): string {
  if (section === "# anywhere") return code;
  const end = section.includes("written") ? ".toYaml()" : "";
  return `within(({ inputs }) => { const a = prep({ raw: inputs.raw }); ${code}; })${end}`;
}
