import { describe, expect, it } from "vitest";
import { type CompileError, compileErrors } from "./compile.ts";

// What the compiler says of pipelines, through the package's own exports: good code compiles, and each bad line is an error
// at that line with a message that names the mistake.

const STEPS = `
import { command, input, output, pipeline, python, sh, step } from "stepwell";
export const prep = command({
  name: "prep", code: "./src", environment: python("3.11", ["pandas==2.2.*"]),
  inputs: { raw: input.folder() }, outputs: { clean: output.folder() },
  run: ({ inputs, outputs }) => sh\`python prep.py --raw \${inputs.raw} --out \${outputs.clean} \${["a", 1, true]}\`,
});
export const train = command({
  name: "train",
  inputs: {
    data: input.folder(), alpha: input.number({ default: 0.1 }), rounds: input.integer(),
    split: input.string({ enum: ["north", "south"] }), warm: input.model({ optional: true }),
  },
  outputs: { model: output.folder(), log: output.file() },
  run: "train \${{inputs.data}} \${{ inputs.alpha }} $[[--warm \${{inputs.warm}}]] \${{outputs.model}} \${{outputs.log}} \${{name}}",
  retry: { max_retries: 2, on: ["lost"] }, limits: { timeout: 60 }, resources: { cpus: 2, memory: "4GB" },
});
export const count = command({ name: "count", inputs: { file: input.file() }, outputs: { lines: output.file() }, run: "wc" });
export const plain = command({ name: "plain", run: "echo" });
export const evaluate = step({
  name: "evaluate",
  inputs: { model: input.folder(), threshold: input.number({ default: 0.9 }), note: input.string({ optional: true }) },
  outputs: { report: output.file() },
  async run({ inputs, outputs, log }) {
    const threshold: number = inputs.threshold;
    const note: string | undefined = inputs.note;
    log.metric("auc", threshold, 1);
    log.info(inputs.model.length, outputs.report.length, note);
  },
});
export const inner = pipeline({ name: "inner", inputs: { raw: input.folder() } }, ({ inputs }) => ({
  clean: prep({ raw: inputs.raw }).outputs.clean,
}));
`;

const GOOD = `
import { component, input, loadComponent, notebook, output, pipeline, rscript, script, sequence, sh, together } from "stepwell";
import { count, evaluate, inner, plain, prep, train } from "./steps.ts";
const fit = script({ name: "fit", file: "./fit.py", inputs: { d: input.file() }, outputs: { m: output.file() } });
const plot = rscript({ name: "plot", file: "./p.R", inputs: { d: input.file() }, args: ({ inputs }) => sh\`\${inputs.d}\` });
const explore = notebook({ name: "explore", file: "./n.ipynb", inputs: { d: input.file() } });
const words: string = "made elsewhere " + "\${{inputs.anything}}";
const loose = command({ name: "loose", run: words });
import { command } from "stepwell";
export default pipeline({ name: "taxi", inputs: { raw: input.folder(), n: input.integer({ default: 1 }) } }, ({ inputs }) => {
  const a = prep({ raw: inputs.raw });
  const b = prep({ raw: "./x" }, { name: "other", after: [a], compute: "local" });
  const t = train({ data: a.outputs.clean, rounds: inputs.n, alpha: inputs.n, split: "north" }, { after: b, outputs: { model: { name: "m" } } });
  const u = train({ data: { path: "azureml:taxi:1" }, rounds: 3, split: "south", warm: undefined });
  const e = evaluate({ model: t.outputs.model });
  const i = inner({ raw: inputs.raw }, { name: "i" });
  train({ data: i.outputs.clean, rounds: 1, split: "north", warm: u.outputs.model });
  plain(); plain({}); plain({}, { name: "p" }); loose();
  sequence(a, together(b, t), e);
  const f = fit({ d: count({ file: t.outputs.log }).outputs.lines });
  plot({ d: f.outputs.m });
  for (const region of ["eu", "us"]) prep({ raw: region }, { name: \`prep_\${region}\` });
  const o = loadComponent("./unknown.yml")({ anything: 1 });
  component("train@latest")({ data: o.outputs.whatever, x: true, y: "s" });
  return { model: u.outputs.model, report: e.outputs.report, page: explore({ d: f.outputs.m }).outputs.notebook };
});
`;

const BAD_HEAD = `
import { command, input, notebook, output, pipeline, script, sequence, sh, step, together } from "stepwell";
import { count, evaluate, inner, plain, prep, train } from "./steps.ts";
`;

/** Statements of a module. */
const BAD_DEFINITIONS: readonly (readonly [what: string, line: string, message: string])[] = [
  [
    "an undeclared input in a command of text",
    'command({ name: "x", inputs: { raw: input.folder() }, run: "cat ${{inputs.rw}}" });',
    "the command names an input that is not declared: rw",
  ],
  [
    "an undeclared input with spaces, after others",
    'command({ name: "x", inputs: { raw: input.folder() }, run: "${{name}} ${{ inputs.raw }} ${{ inputs.rw }}" });',
    "the command names an input that is not declared: rw",
  ],
  [
    "an undeclared output in a command of text",
    'command({ name: "x", outputs: { out: output.folder() }, run: "cat ${{outputs.oot}}" });',
    "the command names an output that is not declared: oot",
  ],
  [
    "an undeclared input in sh",
    'command({ name: "x", inputs: { raw_data: input.folder() }, run: ({ inputs }) => sh`cat ${inputs.raw_dta}` });',
    "Property 'raw_dta' does not exist on type '{ readonly raw_data: Placeholder; }'. Did you mean 'raw_data'?",
  ],
  [
    "an output in sh where there is none",
    'command({ name: "x", run: ({ outputs }) => sh`cat ${outputs.out}` });',
    "Property 'out' does not exist",
  ],
  ["undefined in sh", "sh`a ${undefined}`;", "'undefined' is not assignable"],
  ["an object in sh", "sh`a ${new Date()}`;", "'Date' is not assignable"],
  [
    "a misspelt setting",
    'command({ name: "x", run: "x", limits: { timeot: 3 } });',
    "'timeot' does not exist in type 'Limits'. Did you mean to write 'timeout'?",
  ],
  [
    "a setting that is none",
    'command({ name: "x", run: "x", speed: "fast" });',
    "'speed' does not exist in type 'CommandDefinition",
  ],
  [
    "a wrong word of a setting",
    'command({ name: "x", run: "x", reuse: "allways" });',
    'Type \'"allways"\' is not assignable to type \'"auto" | "never" |',
  ],
  ["a step without a name", 'command({ run: "x" });', "Property 'name' is missing"],
  ["a step without a command", 'command({ name: "x" });', "Property 'run' is missing"],
  [
    "a command that is not made by sh",
    'command({ name: "x", run: () => "echo" });',
    "Type 'string' is not assignable to type 'CommandText'",
  ],
  [
    "a type of input in words",
    'command({ name: "x", inputs: { raw: "folder" }, run: "x" });',
    "Type 'string' is not assignable to type 'InputPort",
  ],
  [
    "an output among the inputs",
    'command({ name: "x", inputs: { raw: output.folder() }, run: "x" });',
    "in type 'OutputPort<\"uri_folder\">' but required in type 'InputPort",
  ],
  [
    "a default of another type",
    'command({ name: "x", inputs: { n: input.number({ default: "1" }) }, run: "x" });',
    "Type 'string' is not assignable to type 'number'",
  ],
  [
    "a misspelt field of an input",
    'command({ name: "x", inputs: { n: input.number({ defalt: 1 }) }, run: "x" });',
    "Did you mean to write 'default'?",
  ],
  [
    "a number used as a text in a function",
    'step({ name: "x", inputs: { n: input.number() }, run({ inputs }) { inputs.n.trim(); } });',
    "Property 'trim' does not exist on type 'number'",
  ],
  [
    "an undeclared input in a function",
    'step({ name: "x", inputs: { n: input.number() }, run({ inputs }) { inputs.m; } });',
    "Property 'm' does not exist on type '{ readonly n: number; }'",
  ],
  [
    "an optional input taken for given in a function",
    'step({ name: "x", inputs: { n: input.number({ optional: true }) }, run({ inputs }) { inputs.n.toFixed(); } });',
    "'inputs.n' is possibly 'undefined'",
  ],
  [
    "a path used as a number in a function",
    'step({ name: "x", inputs: { f: input.file() }, run({ inputs, log }) { log.metric("a", inputs.f); } });',
    "'string' is not assignable to parameter of type 'number'",
  ],
  [
    "a misspelt field of a script",
    'script({ name: "x", fil: "x.py" });',
    "Did you mean to write 'file'?",
  ],
  [
    "a kernel that is no text",
    'notebook({ name: "x", file: "x.ipynb", kernel: 3 });',
    "'number' is not assignable to type 'string'",
  ],
  ["a body that returns a number", 'pipeline({ name: "x" }, () => 5);', "Type 'number'"],
  [
    "an async body",
    'pipeline({ name: "x" }, async () => { plain(); });',
    "'Promise<void>' is not assignable",
  ],
  ["a body that returns a step", 'pipeline({ name: "x" }, () => ({ s: plain() }));', "Type 'Step<"],
  [
    "a misspelt setting of a pipeline",
    'pipeline({ name: "x", defualt_compute: "local" }, () => {});',
    "Did you mean to write 'default_compute'?",
  ],
  [
    "an undeclared input of a pipeline",
    'pipeline({ name: "x" }, ({ inputs }) => { prep({ raw: inputs.raw }); });',
    "Property 'raw' does not exist",
  ],
];

/** Statements of a body with the inputs `raw` (a folder) and `n` (a number), and `a`, a call of prep. */
const BAD_CALLS: readonly (readonly [what: string, line: string, message: string])[] = [
  ["no inputs at all", "prep();", "Expected 1-2 arguments, but got 0"],
  ["a missing input", "prep({});", "Property 'raw' is missing in type '{}' but required"],
  [
    "a misspelt input",
    'train({ data: a.outputs.clean, rounds: 1, split: "north", alhpa: 1 });',
    "Did you mean to write 'alpha'?",
  ],
  ["an input too many", "plain({ x: 1 });", "'number' is not assignable to type 'NoSuchInput'"],
  [
    "a folder where a number is wanted",
    'train({ data: a.outputs.clean, rounds: inputs.raw, split: "north" });',
    "Type 'Reference<\"uri_folder\">' is not assignable to type 'GivenValue<\"integer\", number>'",
  ],
  [
    "an output folder where an optional number is wanted",
    'train({ data: a.outputs.clean, rounds: 1, split: "north", alpha: a.outputs.clean });',
    'Type \'Reference<"uri_folder">\' is not assignable to type \'GivenValue<"number", number>',
  ],
  [
    "a text where a number is wanted",
    'train({ data: a.outputs.clean, rounds: "1", split: "north" });',
    "Type 'string' is not assignable to type 'GivenValue<\"integer\", number>'",
  ],
  [
    "a word that the enum has not",
    'train({ data: a.outputs.clean, rounds: 1, split: "west" });',
    'Type \'"west"\' is not assignable to type \'GivenValue<"string", "north" | "south">\'',
  ],
  [
    "a file where a folder is wanted",
    'inner({ raw: count({ file: "x" }).outputs.lines });',
    "Type 'Reference<\"uri_file\">' is not assignable to type 'GivenValue<\"uri_folder\", string>'",
  ],
  [
    "a folder where a file is wanted",
    "count({ file: a.outputs.clean });",
    "Type 'Reference<\"uri_folder\">' is not assignable to type 'GivenValue<\"uri_file\", string>'",
  ],
  [
    "an output that does not exist",
    "prep({ raw: a.outputs.claen });",
    "Property 'claen' does not exist on type '{ readonly clean: Reference<\"uri_folder\">; }'. Did you mean 'clean'?",
  ],
  [
    "an output that a pipeline does not have",
    "prep({ raw: inner({ raw: inputs.raw }).outputs.cleann });",
    "Did you mean 'clean'?",
  ],
  [
    "an output folder of a pipeline where a file is wanted",
    "count({ file: inner({ raw: inputs.raw }).outputs.clean });",
    "Type 'Reference<\"uri_folder\">'",
  ],
  [
    "a number where a pipeline wants a folder",
    "inner({ raw: inputs.n });",
    "Type 'Reference<\"number\">' is not assignable to type 'GivenValue<\"uri_folder\", string>'",
  ],
  ["a step instead of its output", "prep({ raw: a });", "Type 'Step<"],
  ["undefined for what must be given", "prep({ raw: undefined });", "Type 'undefined' is not"],
  ["null", "prep({ raw: null });", "Type 'null' is not"],
  ["a promise", 'prep({ raw: Promise.resolve("x") });', "Type 'Promise<string>' is not"],
  ["an undeclared input of the pipeline", "prep({ raw: inputs.rwa });", "Property 'rwa'"],
  [
    "a misspelt setting of a call",
    "prep({ raw: inputs.raw }, { afer: a });",
    "Did you mean to write 'after'?",
  ],
  [
    "an output to wait for",
    "prep({ raw: inputs.raw }, { after: a.outputs.clean });",
    "is not assignable to type 'readonly StepLike[] | StepLike | undefined'",
  ],
  [
    "a definition to wait for",
    "prep({ raw: inputs.raw }, { after: prep });",
    "is not assignable to type 'readonly StepLike[] | StepLike | undefined'",
  ],
  [
    "settings of an output that does not exist",
    'prep({ raw: inputs.raw }, { outputs: { claen: { name: "x" } } });',
    "Did you mean to write 'clean'?",
  ],
  [
    "a misspelt word of a setting",
    'prep({ raw: inputs.raw }, { reuse: "nver" });',
    "Did you mean '\"never\"'?",
  ],
  ["a text in a sequence", 'sequence(a, "b");', "'string' is not assignable to parameter"],
  ["an output in a sequence", "sequence(a, a.outputs.clean);", "required in type 'StepLike'"],
  ["a definition in a group", "together(prep);", "parameter of type 'StepLike'"],
  [
    "a text where a function step wants a number",
    'evaluate({ model: "x", threshold: "y" });',
    "Type 'string' is not assignable to type 'GivenValue<\"number\", number>",
  ],
];

function errorAt(
  file: string,
  bad: typeof BAD_CALLS,
  errors: readonly CompileError[],
): readonly (readonly [string, string])[] {
  const first = BODY_LINE[file] ?? 0;
  return bad.map(([what], index) => [
    what,
    errors
      .filter((error) => error.file === file && error.line === first + index)
      .map((error) => error.message)
      .join("\n"),
  ]);
}

const lines = (bad: typeof BAD_CALLS): string => bad.map(([, line]) => line).join("\n");
const CALLS_HEAD = `${BAD_HEAD}export default pipeline({ name: "taxi", inputs: { raw: input.folder(), n: input.number() } }, ({ inputs }) => {
const a = prep({ raw: inputs.raw });
`;
const lineAfter = (text: string): number => text.split("\n").length;
const BODY_LINE: Readonly<Record<string, number>> = {
  "definitions.ts": lineAfter(BAD_HEAD),
  "calls.ts": lineAfter(CALLS_HEAD),
};

describe("the compiler", () => {
  const errors = compileErrors({
    "steps.ts": STEPS,
    "good.ts": GOOD,
    "definitions.ts": `${BAD_HEAD}${lines(BAD_DEFINITIONS)}\n`,
    "calls.ts": `${CALLS_HEAD}${lines(BAD_CALLS)}\n});\n`,
  });

  it("has nothing to say of good code", () => {
    expect(errors.filter(({ file }) => ["steps.ts", "good.ts"].includes(file))).toEqual([]);
  });

  it("checks the types of the package themselves, as a project without skipLibCheck does", () => {
    const strictest = { exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
    const resolved = { ...strictest, module: "preserve", moduleResolution: "bundler" };
    expect(compileErrors({ "steps.ts": STEPS, "good.ts": GOOD }, resolved)).toEqual([]);
  });

  it.each(BAD_DEFINITIONS)("refuses %s", (what, _, message) => {
    const said = new Map(errorAt("definitions.ts", BAD_DEFINITIONS, errors));
    expect(said.get(what)).toContain(message);
  });

  it.each(BAD_CALLS)("refuses a call with %s", (what, _, message) => {
    const said = new Map(errorAt("calls.ts", BAD_CALLS, errors));
    expect(said.get(what)).toContain(message);
  });

  it("finds one mistake a line and none elsewhere", () => {
    const places = errors.map(({ file, line }) => `${file}:${line}`);
    const all = [
      ...BAD_DEFINITIONS.map(
        (_, index) => `definitions.ts:${(BODY_LINE["definitions.ts"] ?? 0) + index}`,
      ),
      ...BAD_CALLS.map((_, index) => `calls.ts:${(BODY_LINE["calls.ts"] ?? 0) + index}`),
    ];
    expect(places.sort()).toEqual(all.sort());
  });
});
