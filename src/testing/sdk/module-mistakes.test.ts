import fs from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { eventually, makeRig } from "../rig.ts";
import { findings, said } from "./validate-module.ts";

// Modules that cannot be read, through the real command line: each is told at its line, and stdout stays one JSON object.

const rig = makeRig("modules");
afterAll(() => rig.remove());

const STEPS = `import { command, input, output, pipeline, sequence } from "stepwell";
const prep = command({ name: "prep", inputs: { raw: input.folder() }, outputs: { clean: output.folder() }, run: "x" });
`;
const DEFAULT = "Write: export default pipeline({ name: … }, () => { … })";
const MEND = "It is run to read the pipeline; mend what it does, or move it out of the module.";
const NO_EXIT =
  "A module that defines a pipeline must not exit or wait for ever; see above for what it printed.";

const MODULES: readonly (readonly [what: string, text: string, found: string])[] = [
  [
    "throws",
    '\nthrow new Error("no database\\nat all");\n',
    `2:7 the module failed: Error: no database → ${MEND}`,
  ],
  [
    "throws in a function",
    "const f = () => {\n  null.x;\n};\nf();\n",
    `2:8 the module failed: TypeError: Cannot read properties of null (reading 'x') → ${MEND}`,
  ],
  [
    "throws a text",
    'throw "enough";\n',
    "1:1 the module threw 'enough', which is not an Error → Throw an Error, so that its place is known.",
  ],
  [
    "throws null",
    "throw null;\n",
    "1:1 the module threw null, which is not an Error → Throw an Error, so that its place is known.",
  ],
  [
    "throws an object",
    "throw { code: 5 };\n",
    "1:1 the module threw { code: 5 }, which is not an Error → Throw an Error, so that its place is known.",
  ],
  [
    "rejects",
    "export const a = 1;\nawait Promise.reject(new RangeError());\n",
    `2:22 the module failed: RangeError → ${MEND}`,
  ],
  [
    "is no TypeScript",
    "const a = 1;\nconst b = ;\n",
    '2:11 this is not valid TypeScript: Unexpected ";" → Mend the line.',
  ],
  [
    "imports a module that is not there",
    'const a = 1;\nimport { b } from "./gone.ts";\nexport default b;\n',
    "2:19 there is no module `AT/gone.ts` → Paths of imports start from the file that imports, with its extension.",
  ],
  [
    "imports a package that is not there",
    'import x from "no-such-package/deep";\nexport default x;\n',
    "1:15 there is no package `no-such-package` → Install it beside the pipeline: npm install no-such-package",
  ],
  [
    "imports a name that is not there",
    'import { pipline } from "stepwell";\nexport default pipline;\n',
    "1:25 `stepwell` has no export `pipline` → Look there for the name; types: import type.",
  ],
  ["exports nothing", "const a = 1;\n", `1:1 the module exports no pipeline → ${DEFAULT}`],
  [
    "exports a step",
    `${STEPS}export default prep;\n`,
    `1:1 the module exports a step, not a pipeline → ${DEFAULT}`,
  ],
  [
    "exports several pipelines",
    `${STEPS}const p = (name: string) => pipeline({ name }, () => {});\nexport const one = p("a");\nexport const two = p("b");\n`,
    "1:1 the module exports several pipelines: one, two → Make one of them the default export.",
  ],
  [
    "exports a pipeline without steps",
    `${STEPS}\nexport default pipeline({ name: "p" }, () => {});\n`,
    "4:16 the pipeline has no nodes → Add nodes under `jobs`, or name a pipeline component.",
  ],
  [
    "calls process.exit",
    "process.exit(0);\n",
    `1:1 the module ended its process (exit code 0) before its pipeline could be read → ${NO_EXIT}`,
  ],
  [
    "ends itself by a signal",
    'process.kill(process.pid, "SIGKILL");\nfor (;;);\n',
    `1:1 the module ended its process (SIGKILL) before its pipeline could be read → ${NO_EXIT}`,
  ],
  [
    "waits for ever",
    "await new Promise(() => {});\n",
    `1:1 the module waits, at its top level, for something that never comes → ${NO_EXIT}`,
  ],
  [
    "makes a circle",
    `${STEPS}export default pipeline({ name: "p" }, () => {\n  const a = prep({ raw: "." });\n  const b = prep({ raw: a.outputs.clean }, { name: "b" });\n  sequence(b, a);\n});\n`,
    "6:3 the steps wait for each other: prep → b → prep → take one of them out of this order, or pass no data against it",
  ],
  [
    "calls a step outside of a pipeline",
    `${STEPS}\n  prep({ raw: "." });\n`,
    "4:3 step `prep` is called outside of a pipeline → call it inside: pipeline({ name: … }, () => { … })",
  ],
  [
    "names a compute that is not there",
    `${STEPS}export default pipeline({ name: "p" }, () => {\n  prep({ raw: "." }, { compute: "gpu" });\n});\n`,
    "4:3 there is no compute `gpu` in this workspace → Run with `--compute local`, or put the line `computes: {gpu: {type: local}}` into stepwell.yml (`--write` does it).",
  ],
  [
    "names data that is not there",
    `${STEPS}export default pipeline({ name: "p" }, () => {\n  prep({ raw: "./gone" });\n});\n`,
    "4:3 there is nothing at `AT/gone` → Put it there, or write another path: paths are relative to the file that names them.",
  ],
  [
    "names code that is not there",
    `${STEPS}const gone = command({ name: "gone", code: "./gone", run: "x" });\nexport default pipeline({ name: "p" }, () => {\n  gone();\n});\n`,
    "3:14 the code folder `AT/gone` does not exist → Paths are relative to the file that names them.",
  ],
  [
    "uses an input in a command that is not declared",
    `${STEPS}const text: string = "cat \${{inputs.gone}}";\nconst bad = command({ name: "bad", run: text });\nexport default pipeline({ name: "p" }, () => {\n  bad();\n});\n`,
    "4:13 the command uses the input `gone`, which is not declared → Add it under `inputs`. Declared: none.",
  ],
  [
    "needs an input that nobody gave",
    `${STEPS}export default pipeline({ name: "p", inputs: { raw: input.folder() } }, ({ inputs }) => {\n  prep({ raw: inputs.raw });\n});\n`,
    "4:3 `prep` needs the input `raw`, but `${{parent.inputs.raw}}` has no value → Set the pipeline's input, or run with `--input raw=…`.",
  ],
];

describe("a module that", () => {
  it.each(MODULES)("%s is refused at its line", (what, text, found) => {
    const file = `${what.replaceAll(" ", "-")}.ts`;
    rig.write(file, text);
    expect(findings(rig, file)).toEqual([`error ${file}:${found.replaceAll("AT", rig.folder)}`]);
  });

  it("makes steps by a function has a mistake of theirs once, not once for each call", () => {
    rig.write(
      "factory.ts",
      `import { pipeline, step } from "stepwell";
const EPOCHS = Number(process.env.EPOCHS ?? 10);
const make = (region: string) =>
  step({ name: \`train_\${region}\`, run: ({ log }) => log.info(EPOCHS) });
const all = ["eu", "us"].map(make);
export default pipeline({ name: "p" }, () => all.forEach((one) => one()));
`,
    );
    expect(findings(rig, "factory.ts")).toEqual([
      "error factory.ts:2:23 run of step `train_eu` reaches `EPOCHS`, which reads process.env when the module is loaded → pass it as an input, or read process.env inside of run (environment_variables)",
    ]);
  });

  it("has a mistake in a file that it imports is refused there", () => {
    rig.write(
      "lib/steps.ts",
      'import { command } from "stepwell";\n\nexport const a = command({ name: "a b", run: "x" });\n',
    );
    rig.write("imports.ts", 'export { a } from "./lib/steps.ts";\n');
    expect(findings(rig, "imports.ts")).toEqual([
      'error lib/steps.ts:3:18 "a b" is not a name of a step → use letters, digits, `_` and `-`',
    ]);
    rig.write("lib/broken.ts", "export const a = ;\n");
    rig.write("imports.ts", 'import { a } from "./lib/broken.ts";\nexport default a;\n');
    expect(findings(rig, "imports.ts")).toEqual([
      'error lib/broken.ts:1:18 this is not valid TypeScript: Unexpected ";" → Mend the line.',
    ]);
  });

  it("prints to stdout leaves the answer alone", () => {
    const text = `${STEPS}console.log("hello");\nprocess.stdout.write("{}");\nexport default pipeline({ name: "p" }, () => {\n  prep({ raw: "." });\n});\n`;
    rig.write("prints.ts", text);
    const ended = rig.cli("validate", "prints.ts", "--json");
    expect([ended.code, said(rig, ended)]).toEqual([0, []]);
    expect(ended.stderr).toContain("hello");
  });

  it("leaves timers and rejected promises behind is read all the same", () => {
    const text = `${STEPS}setInterval(() => {}, 1000);\nPromise.reject(new Error("later"));\nexport default pipeline({ name: "p" }, () => {\n  prep({ raw: "." });\n});\n`;
    rig.write("timers.ts", text);
    expect(findings(rig, "timers.ts")).toEqual([]);
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "never ends is ended by %s, with its process and folder",
    async (signal) => {
      rig.write("pid", "");
      rig.write(
        "endless.ts",
        'import fs from "node:fs";\nfs.writeFileSync("pid", `${process.pid}\\n${process.argv[2]}\\n`);\nfor (;;);\n',
      );
      const child = rig.start("validate", "endless.ts");
      await eventually(() => rig.read("pid").endsWith("}\n"), "the module runs");
      const [pid = "", request = "{}"] = rig.read("pid").split("\n");
      child.kill(signal);
      await eventually(
        () => child.signalCode !== null || child.exitCode !== null,
        "the command ends",
      );
      expect([child.signalCode, child.exitCode]).toEqual([signal, null]);
      await eventually(() => !isRunning(pid), "the module's process ends");
      const { report } = JSON.parse(request) as { readonly report: string };
      expect(fs.existsSync(report.replace(/\/[^/]*$/, ""))).toBe(false);
    },
  );
});

/** A process that ended and that nobody has asked about has no command any more. */
function isRunning(pid: string): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8") !== "";
  } catch {
    return false;
  }
}
