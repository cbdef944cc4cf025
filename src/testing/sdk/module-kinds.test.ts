import { afterAll, describe, expect, it } from "vitest";
import { makeRig } from "../rig.ts";
import { findings } from "./validate-module.ts";

// Modules as they lie in projects: in odd folders, of every dialect, with and without a package.json, with helpers elsewhere.

const rig = makeRig("a b (1) é#x%20y");
afterAll(() => rig.remove());

const MODULE = `import { command, output, pipeline } from "stepwell";
const a = command({ name: "a", code: "./src", outputs: { o: output.file() }, run: "cat x > \${{outputs.o}}" });
export default pipeline({ name: "kinds" }, () => {
  a();
});
`;

describe("a module of an odd folder", () => {
  it.each(["ts", "mts", "tsx", "js", "mjs", "jsx"])(
    "can be a .%s file, without a package.json",
    (ending) => {
      rig.write("src/x", "x\n");
      rig.write(`bare/src/x`, "x\n");
      rig.write(`bare/pipeline.${ending}`, MODULE);
      expect(findings(rig, `bare/pipeline.${ending}`)).toEqual([]);
    },
  );

  it.each(["ts", "js", "mts"])("can be a .%s file of a project of CommonJS", (ending) => {
    rig.write("cjs/package.json", '{"type":"commonjs"}');
    rig.write("cjs/src/x", "x\n");
    rig.write(`cjs/pipeline.${ending}`, MODULE);
    expect(findings(rig, `cjs/pipeline.${ending}`)).toEqual([]);
  });

  it("is run once, also where there is something to say of its lines", () => {
    rig.write("once/src/x", "x\n");
    rig.write(
      "once/pipeline.ts",
      `console.log("read it");\n${MODULE.replace('run: "', 'environment: "nope:1", run: "')}`,
    );
    const { stderr, stdout } = rig.cli("validate", "once/pipeline.ts", "--json");
    expect(JSON.parse(stdout).problems[0]).toMatchObject({ line: 5, column: 3 });
    expect(stderr.match(/read it/g)).toHaveLength(1);
  });

  it("says how to write one that is CommonJS", () => {
    rig.write("cjs/required.js", 'const { pipeline } = require("stepwell");\n');
    rig.write("cjs/pipeline.cjs", MODULE);
    expect(findings(rig, "cjs/required.js")).toEqual([
      'error cjs/required.js:1:30 `stepwell` is an ES module: it is imported, not required → Write import … from "stepwell", in a .ts, .mts or .mjs file.',
    ]);
    expect(findings(rig, "cjs/pipeline.cjs")).toEqual([
      "error cjs/pipeline.cjs:1:1 the file is CommonJS by its name, but imports and exports as an ES module → Rename it: .ts, .mts or .mjs.",
    ]);
  });

  it.each([
    ["no package.json", null],
    ["one of CommonJS", '{"type":"commonjs"}'],
    ["one that says nothing", '{"name":"x"}'],
    ["one of ES modules", '{"type":"module"}'],
  ])(
    "imports helpers of other folders, by aliases too, with %s; their paths start at them",
    (what, manifest) => {
      const folder = `helpers ${what}`;
      const write = (name: string, text: string): void => rig.write(`${folder}/${name}`, text);
      if (manifest !== null) write("package.json", manifest);
      write(
        "tsconfig.json",
        '{ "compilerOptions": { "baseUrl": ".", "paths": { "@lib/*": ["lib/*"] } } }',
      );
      write("lib/src/x", "x\n");
      write(
        "lib/steps.ts",
        `import { command } from "stepwell";\nexport const b = command({ name: "b", code: "./src", run: "cat x" });\nexport const bad = command({ name: "bad", code: "./gone", run: "x" });\n`,
      );
      write(
        "lib/plain.js",
        'import { command } from "stepwell";\nexport const c = command({ name: "c", code: "./src", run: "cat x" });\n',
      );
      const body = (calls: string): string => `import { pipeline } from "stepwell";
import { b } from "@lib/steps";
import { bad } from "./lib/steps.js";
import { c } from "./lib/plain.js";
export default pipeline({ name: "p" }, () => { ${calls} });
`;
      write("pipeline.ts", body("b(); c();"));
      const { stdout } = rig.cli("export", `${folder}/pipeline.ts`);
      expect(stdout.match(/code: .*/g)).toEqual(Array(2).fill(`code: ./${folder}/lib/src`));
      write("pipeline.ts", body("b(); bad();"));
      expect(findings(rig, `${folder}/pipeline.ts`)).toEqual([
        `error ${folder}/lib/steps.ts:3:20 the code folder \`${rig.folder}/${folder}/lib/gone\` does not exist → Paths are relative to the file that names them.`,
      ]);
    },
  );

  it("may have CRLF and a byte order mark", () => {
    rig.write(
      "crlf.ts",
      `\ufeff${MODULE.replaceAll("\n", "\r\n")}\r\nthrow new Error("here");\r\n`,
    );
    expect(findings(rig, "crlf.ts")).toEqual([
      "error crlf.ts:7:7 the module failed: Error: here → It is run to read the pipeline; mend what it does, or move it out of the module.",
    ]);
    rig.write("crlf.ts", `\ufeff${MODULE.replaceAll("\n", "\r\n")}`);
    expect(findings(rig, "crlf.ts")).toEqual([]);
  });

  it("reads the environment, its own address and folder", () => {
    rig.write(
      "env.ts",
      `import { command, pipeline } from "stepwell";
const a = command({ name: "a", run: "x", description: [import.meta.dirname, process.cwd(), process.env.REGION].join(" ") });
export default pipeline({ name: "env" }, () => { a(); });
`,
    );
    const { stdout } = rig.cliWith({ REGION: "north" }, "export", "env.ts");
    expect(stdout.replaceAll(/\n\s+/g, " ")).toContain(`${rig.folder} ${rig.folder} north`);
  });

  it("runs, and is reused", () => {
    rig.write("src/x", "x\n");
    rig.write("pipeline.ts", MODULE);
    expect(rig.cli("run", "pipeline.ts").stdout).toMatch(/Completed: 1 step ran, 0 reused/);
    expect(rig.cli("run", "pipeline.ts").stdout).toMatch(/Completed: 0 steps ran, 1 reused/);
  });
});
