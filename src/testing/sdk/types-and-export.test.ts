import fs from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { makeRig } from "../rig.ts";
import { compileErrors } from "./compile.ts";

// `stepwell types` and `stepwell export` as a user has them: what they write is compiled and run.

const rig = makeRig("types");
afterAll(() => rig.remove());

const TRAIN = `type: command
name: train
version: "1"
inputs:
  data: {type: uri_folder}
  rounds: {type: integer}
  alpha: {type: number, default: 0.1}
  split: {type: string, enum: [north, "it's", 'a"b'], default: north}
  level: {type: number, enum: [1, 2.5, 010], optional: true}
  warm: {type: custom_model, optional: true}
  odd-name: {type: boolean, default: true}
outputs:
  model: {type: uri_folder}
  log: {type: uri_file}
command: "echo \${{inputs.data}} > \${{outputs.log}}"
`;

const USES = (
  call: string,
): string => `import { component, loadComponent, pipeline } from "stepwell";
const train = loadComponent("./train.yml");
const registered = component("train@latest");
const other = loadComponent("./other.yml");
export default pipeline({ name: "p" }, () => {
  ${call}
});
`;

describe("stepwell types", () => {
  it("makes wrong inputs of components fail to compile, and leaves unknown ones alone", () => {
    rig.write("train.yml", TRAIN);
    expect(rig.cli("component", "create", "train.yml").code).toBe(0);
    const { code, stderr } = rig.cli("types", "train.yml", "train@latest");
    expect([code, stderr]).toEqual([0, "written: stepwell-components.d.ts\n"]);
    const good =
      'const t = train({ data: "./d", rounds: 3, split: "it\'s", level: 8, "odd-name": false }); registered({ data: t.outputs.model, rounds: 1, warm: t.outputs.log }); other({ what: 1, ever: t.outputs.log });';
    const bad = {
      "missing.ts": ['train({ data: "./d" });', "Property 'rounds' is missing"],
      "misspelt.ts": [
        'train({ data: "./d", rounds: 1, alpa: 1 });',
        "Did you mean to write 'alpha'?",
      ],
      "enum.ts": [
        'train({ data: "./d", rounds: 1, split: "south" });',
        '\'"south"\' is not assignable to type \'GivenValue<"string", ',
      ],
      "listed.ts": [
        'train({ data: "./d", rounds: 1, level: 3 });',
        "'3' is not assignable to type 'GivenValue<\"number\", 1 | 2.5 | 8>",
      ],
      "file.ts": [
        'train({ data: registered({ data: "./d", rounds: 1 }).outputs.log, rounds: 1 });',
        "'Reference<\"uri_file\">' is not assignable",
      ],
      "output.ts": ['train({ data: "./d", rounds: 1 }).outputs.modl;', "Did you mean 'model'?"],
      "registered.ts": [
        'registered({ data: "./d", rounds: "1" });',
        "'string' is not assignable to type 'GivenValue<\"integer\", number>'",
      ],
    } as const;
    const errors = compileErrors({
      "stepwell-components.d.ts": rig.read("stepwell-components.d.ts"),
      "good.ts": USES(good),
      ...Object.fromEntries(Object.entries(bad).map(([file, [call]]) => [file, USES(call)])),
    });
    const said = new Map(errors.map(({ file, line, message }) => [`${file}:${line}`, message]));
    expect(said.size).toBe(Object.keys(bad).length);
    for (const [file, [, message]] of Object.entries(bad))
      expect(said.get(`${file}:6`)).toContain(message);
  });

  it("names files as seen from the declaration, and prints with --out -", () => {
    rig.write("train.yml", TRAIN);
    rig.write("deep/here/nothing", "");
    rig.cli("types", "train.yml", "--out", "deep/here/c.d.ts");
    expect(rig.read("deep/here/c.d.ts")).toContain('"../../train.yml": {');
    expect(rig.cli("types", "train.yml", "--out", "-").stdout).toContain('"./train.yml": {');
  });

  it("refuses what is no component, at its line, and writes nothing", () => {
    const refused = (text: string): string => {
      rig.write("bad.yml", text);
      const { code, stdout, stderr } = rig.cli("types", "bad.yml", "--out", "-");
      expect([code, stdout]).toEqual([2, ""]);
      return stderr;
    };
    expect(refused("inputs: [")).toContain("this is not valid YAML");
    expect(refused("- 1\n")).toContain("bad.yml:1:1: error: the file is a list");
    expect(refused(TRAIN.replace("integer}", "frob}"))).toContain(
      "bad.yml:6:18: error: `type` cannot be `frob`",
    );
    expect(refused(TRAIN.replace("{type: uri_folder}", "folder"))).toContain(
      "bad.yml:5:9: error: `data` in `inputs` must be a mapping",
    );
    expect(rig.cli("types", "gone.yml").stderr).toContain(
      "there is no file and no registered component gone.yml",
    );
    expect(rig.cli("types", "nobody@latest").stderr).toContain(
      "no registered component nobody@latest",
    );
    expect(rig.cli("types", "train.yml", "--out", "no/folder.d.ts").stderr).toContain(
      "make it first",
    );
  });

  it("writes what compiles whatever an enum holds", () => {
    rig.write("odd.yml", TRAIN.replace("[1, 2.5, 010]", "[1, many]"));
    const { stdout } = rig.cli("types", "odd.yml", "--out", "-");
    expect(compileErrors({ "c.d.ts": stdout, "a.ts": 'import "stepwell";\n' })).toEqual([]);
    expect(stdout).toContain('"level": InputPort<"number", number, "unset">');
  });
});

describe("a component of YAML that is broken", () => {
  it("is told at its line of the YAML", () => {
    rig.write("broken.yml", "type: command\ncommand: ls\ninputs:\n  - n\noutputs: {o:}\n");
    rig.write(
      "broken.ts",
      'import { loadComponent, pipeline } from "stepwell";\nconst b = loadComponent("./broken.yml");\nexport default pipeline({ name: "p" }, () => { b(); });\n',
    );
    const { code, stderr } = rig.cli("validate", "broken.ts");
    expect(code).toBe(2);
    expect(stderr).toContain("broken.yml:4:3: error: `inputs` must be a mapping, not a list");
  });
});

const PIPELINE = `import { readdir, writeFile } from "node:fs/promises";
import { command, input, output, pipeline, sequence, sh, step } from "stepwell";
const prep = command({
  name: "prep", code: "./src", inputs: { raw: input.folder(), title: input.string({ default: "a: b # c" }), alpha: input.number({ default: 1e-7 }) },
  outputs: { clean: output.folder() },
  run: ({ inputs, outputs }) => sh\`cat x \${inputs.raw}/f > \${outputs.clean}/f; echo \${inputs.title} \${inputs.alpha}\`,
});
const count = step({
  name: "count", inputs: { data: input.folder() }, outputs: { n: output.file() },
  async run({ inputs, outputs }) { await writeFile(outputs.n, String((await readdir(inputs.data)).length)); },
});
const inner = pipeline({ name: "inner", inputs: { raw: input.folder() } }, ({ inputs }) => ({
  clean: prep({ raw: inputs.raw, alpha: 2 }).outputs.clean,
}));
export default pipeline({ name: "full", inputs: { raw: input.folder({ path: "./data" }) } }, ({ inputs }) => {
  const first = prep({ raw: inputs.raw });
  const second = inner({ raw: inputs.raw });
  sequence(first, second);
  const result = FUNCTION;
  return { result };
});
`;

function project(result: string): void {
  rig.write("src/x", "code\n");
  rig.write("data/f", "data\n");
  rig.write("pipeline.ts", PIPELINE.replace("FUNCTION", result));
}

const reused = (...words: readonly string[]): string | undefined =>
  /\d+ steps? ran, \d+ reused/.exec(rig.cli("run", ...words).stdout)?.[0];

describe("stepwell export", () => {
  it("writes YAML that takes all results of the module's run", () => {
    project("second.outputs.clean");
    expect(reused("pipeline.ts")).toBe("2 steps ran, 0 reused");
    const { code, stdout } = rig.cli("export", "pipeline.ts");
    expect(code).toBe(0);
    rig.write("exported.yml", stdout);
    expect(reused("exported.yml")).toBe("0 steps ran, 2 reused");
    expect(rig.cli("validate", "exported.yml").code).toBe(0);
  });

  it("writes programs of function steps beside it, in any folder", () => {
    project("count({ data: second.outputs.clean }).outputs.n");
    expect(reused("pipeline.ts")).toMatch(/^\d+ steps? ran/);
    for (const folder of ["out", "deep/er", "."]) {
      const { code, stderr } = rig.cli("export", "pipeline.ts", "--to", folder);
      expect([code, stderr]).toEqual([
        0,
        `written: ${folder === "." ? "" : `${folder}/`}full.yml\n`,
      ]);
      expect([folder, reused(`${folder}/full.yml`)]).toEqual([folder, "0 steps ran, 3 reused"]);
    }
  });

  it("says where functions can be written, and refuses what is no module or folder", () => {
    project("count({ data: second.outputs.clean }).outputs.n");
    const refused = (...words: readonly string[]): string => {
      const { code, stdout, stderr } = rig.cli("export", ...words);
      expect([code, stdout]).toEqual([2, ""]);
      return stderr;
    };
    expect(refused("pipeline.ts")).toContain("stepwell export FILE --to FOLDER");
    expect(refused("gone.ts")).toContain("there is no gone.ts");
    rig.write("job.yml", "type: command\ncommand: ls\n");
    expect(refused("job.yml")).toContain("job.yml is no module");
    expect(refused("pipeline.ts", "--to", "job.yml")).toContain("job.yml is a file");
    rig.write("broken.ts", "throw new Error('no');\n");
    expect(refused("broken.ts", "--to", "never")).toContain("the module failed: Error: no");
    expect(fs.existsSync(rig.at("never"))).toBe(false);
  });
});
