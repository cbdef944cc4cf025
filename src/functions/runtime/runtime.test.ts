import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import {
  type FunctionEnd,
  FunctionProject,
  type RunOptions,
} from "../../testing/function-project.ts";
import type { FunctionPorts } from "../function-site.ts";

const projects: FunctionProject[] = [];

afterEach(() => {
  for (const made of projects.splice(0)) made.remove();
});

function project(text: string, files: Readonly<Record<string, string>> = {}): FunctionProject {
  const made = new FunctionProject({ "steps.ts": text, ...files });
  projects.push(made);
  return made;
}

/** How a step ends whose run has this body; line 3 of steps.ts. */
function ended(body: string, head = "", options: RunOptions = {}): Promise<FunctionEnd> {
  const text = `import { step, pipeline } from "stepwell"; ${head}
export const evaluate = step({ name: "evaluate", async run({ inputs, outputs, log }: any) {
${body}
} });
`;
  return project(text).run(undefined, options);
}

const PORTS: FunctionPorts = {
  inputs: {
    data: { type: "uri_folder", optional: false },
    rate: { type: "number", optional: false },
    count: { type: "integer", optional: false },
    fast: { type: "boolean", optional: false },
    note: { type: "string", optional: true },
  },
  outputs: { report: { type: "uri_file" } },
};

describe("the arguments of a program", () => {
  const text = `import { step } from "stepwell";
import fs from "node:fs";
export const evaluate = step({ name: "evaluate", run({ inputs, outputs }: any) {
  fs.writeFileSync(outputs.report, JSON.stringify([inputs, Object.keys(inputs), inputs.note === undefined]));
} });
`;
  const given = [
    "inputs.data=/data/a b",
    "inputs.rate=1e-3",
    "inputs.count=-5",
    "inputs.fast=True",
  ];

  it("come as values of their declared types; an optional one may be absent", async () => {
    const place = project(text);
    const report = path.join(place.folder, "report.json");
    const end = await place.run(PORTS, { arguments: [...given, `outputs.report=${report}`] });
    expect(end).toMatchObject({ status: 0, stdout: "", stderr: "" });
    const [inputs, names, isAbsent] = JSON.parse(fs.readFileSync(report, "utf8"));
    expect(inputs).toEqual({ data: "/data/a b", rate: 0.001, count: -5, fast: true });
    expect(names).toEqual(["count", "data", "fast", "note", "rate"]);
    expect(isAbsent).toBe(true);
  });

  it("keep a text as it is, with = and empty", async () => {
    const place = project(text);
    const report = path.join(place.folder, "report.json");
    const note = ["inputs.note=a=b\nc", `outputs.report=${report}`];
    await place.run(PORTS, { arguments: [...given, ...note] });
    expect(JSON.parse(fs.readFileSync(report, "utf8"))[0].note).toBe("a=b\nc");
    await place.run(PORTS, { arguments: [...given, "inputs.note=", `outputs.report=${report}`] });
    expect(JSON.parse(fs.readFileSync(report, "utf8"))[0].note).toBe("");
  });

  it("that are wrong are all said at once", async () => {
    const words = ["inputs.rate=fast", "inputs.count=1.5", "inputs.fast=1", "inputs.none=1", "odd"];
    const end = await project(text).run(PORTS, { arguments: words });
    expect(end.status).toBe(1);
    expect(end.stderr).toBe(
      `run of step \`evaluate\` cannot start: ${[
        'input `count` is declared as integer and was given "1.5"',
        "input `data` has no value",
        'input `fast` is declared as boolean and was given "1"',
        'input `rate` is declared as number and was given "fast"',
        "output `report` has no path",
        '"inputs.none" is no input or output of it',
        '"odd" is no input or output of it',
      ].join("; ")}\n`,
    );
  });
});

describe("the log", () => {
  it("appends metrics to the file of the attempt and prints words", async () => {
    const end = await ended(
      'log.metric("auc", 0.97); log.metric("loss", 2, 1); log.info("a", { b: 1 });',
    );
    expect(end.metrics).toEqual([
      '{"name":"auc","value":0.97}',
      '{"name":"loss","value":2,"step":1}',
    ]);
    expect(end).toMatchObject({ status: 0, stdout: "a { b: 1 }\n", stderr: "" });
  });

  it.each([
    ['log.metric("auc", NaN)', 'log.metric("auc"): the value must be a finite number, and is NaN'],
    [
      'log.metric("auc", -Infinity)',
      'log.metric("auc"): the value must be a finite number, and is -Infinity',
    ],
    [
      'log.metric("auc", "0.9")',
      "log.metric(\"auc\"): the value must be a finite number, and is '0.9'",
    ],
    ['log.metric("auc", 1n)', 'log.metric("auc"): the value must be a finite number, and is 1n'],
    [
      'log.metric("auc", 1, "x")',
      "log.metric(\"auc\"): the step must be a finite number, and is 'x'",
    ],
    ['log.metric("", 1)', "log.metric: the name must be a text that is not empty"],
  ])("refuses %s", async (call, message) => {
    const end = await ended(`${call};`);
    expect(end.status).toBe(1);
    expect(end.stderr).toContain(`TypeError: ${message}\n    at run (steps.ts:3:5)`);
    expect(end.metrics).toEqual([]);
  });
});

describe("a run that", () => {
  it("returns something finishes, and what it returns is ignored", async () => {
    expect(await ended("return { done: true };")).toMatchObject({
      status: 0,
      stdout: "",
      stderr: "",
    });
  });

  it("leaves work open is finished when that is done", async () => {
    const end = await ended('setImmediate(() => log.info("late"));');
    expect(end).toMatchObject({ status: 0, stdout: "late\n" });
  });

  it("throws an Error fails with the user's places and names", async () => {
    const head = "function judge(value: number) { throw new RangeError(`bad ${value}`); }";
    const end = await ended("  await null;\n  judge(3);", head);
    expect(end).toMatchObject({ status: 1, stdout: "" });
    expect(end.stderr).toBe(
      "RangeError: bad 3\n    at judge (steps.ts:1:82)\n    at run (steps.ts:4:3)\n",
    );
  });

  it("throws in a function that is a constant, a method or a constructor names these too", async () => {
    const head =
      "const inner = () => { throw new Error('x'); }; class Deep { constructor() { this.go(); } go() { inner(); } static make() { return new Deep(); } }";
    const end = await ended("Deep.make();", head);
    const names = end.stderr
      .split("\n")
      .slice(1, -1)
      .map((line) => line.replace(/ \(.*/, "").trim());
    expect(names).toEqual(["at inner", "at go", "at new Deep", "at make", "at run"]);
  });

  it("throws in a function that takes something names the function, not what it takes", async () => {
    const head =
      "const rate = (x: number) => { throw new Error(`${x}`); }; const each = async (y: number) => { const inner = (z: number) => rate(z); inner(y); };";
    const { stderr } = await ended("await each(1);", head);
    const names = [...stderr.matchAll(/at (?:async )?([\w.]+) \(/g)].map(([, name]) => name);
    expect(names).toEqual(["rate", "inner", "each", "run"]);
  });

  it("throws without a source map still fails with a stack", async () => {
    const end = await ended("throw new Error('plain');", "", { hasMap: false });
    expect(end.status).toBe(1);
    expect(end.stderr).toMatch(/^Error: plain\n {4}at run \(file:.*step\.mjs:\d+:\d+\)/);
  });

  it("throws with a map that cannot be read still fails with a stack", async () => {
    const end = await ended("throw new Error('plain');", "", {
      variables: { STEPWELL_FUNCTION_MAP: "/nowhere" },
    });
    expect(end.stderr).toMatch(/^Error: plain\n {4}at .*step\.mjs:\d+:\d+/);
  });

  it("throws an error with a cause shows it, with its place", async () => {
    const end = await ended("throw new Error('outer', { cause: new TypeError('inner') });");
    expect(end.stderr).toContain("Error: outer\n    at run (steps.ts:3:7)");
    expect(end.stderr).toContain("[cause]: TypeError: inner\n      at run (steps.ts:3:");
  });

  it.each([
    ['throw "text";', "threw 'text', which is not an Error"],
    ["throw undefined;", "threw undefined, which is not an Error"],
    ["throw { code: 3 };", "threw { code: 3 }, which is not an Error"],
    ["await Promise.reject(null);", "threw null, which is not an Error"],
    ["throw Object.create(null);", "threw [Object: null prototype] {}, which is not an Error"],
  ])("does %s fails with what it threw", async (body, message) => {
    const end = await ended(body);
    expect(end).toMatchObject({ status: 1, stderr: `run of step \`evaluate\` ${message}\n` });
  });

  it.each(["0", "", "3"])("calls process.exit(%s) fails", async (code) => {
    const end = await ended(`log.info("before"); process.exit(${code});`);
    expect(end).toMatchObject({ status: 1, stdout: "before\n" });
    expect(end.stderr).toBe(
      `run of step \`evaluate\` called process.exit(${code})\n    at run (steps.ts:3:29)\n`,
    );
  });

  it("waits for a promise that never settles fails", async () => {
    expect(await ended("await new Promise(() => {});")).toMatchObject({
      status: 1,
      stderr: "run of step `evaluate` ended without finishing: a promise never settled\n",
    });
  });

  it("leaves a rejected promise alone fails", async () => {
    const end = await ended(
      "Promise.reject(new Error('nobody looked')); await new Promise((done) => setTimeout(done));",
    );
    expect(end.status).toBe(1);
    expect(end.stderr).toContain("Error: nobody looked\n    at run (steps.ts:3:16)");
  });

  it("fails after it returned fails", async () => {
    const end = await ended("setImmediate(() => { throw new Error('too late'); });");
    expect(end.status).toBe(1);
    expect(end.stderr).toContain("Error: too late\n");
  });

  it("throws in a callback fails", async () => {
    const end = await ended(
      "setImmediate(() => { throw new Error('apart'); }); await new Promise(() => {});",
    );
    expect(end.status).toBe(1);
    expect(end.stderr).toContain("Error: apart\n    at ");
  });

  it("sets an exit code ends with it", async () => {
    expect((await ended("process.exitCode = 4;")).status).toBe(4);
  });

  it("is no function fails", async () => {
    const text = 'import { step } from "stepwell";\nstep({ name: "evaluate", run: 5 as any });\n';
    expect(await project(text).run()).toMatchObject({
      status: 1,
      stderr: "run of step `evaluate` is not a function\n",
    });
  });

  it.each(["async *run() { yield 1; }", "*run() {}", "run: async function* () {}"])(
    "is a generator fails, because nothing would run: %s",
    async (run) => {
      const text = `import { step } from "stepwell";\nstep({ name: "evaluate", ${run} } as any);\n`;
      expect(await project(text).run()).toMatchObject({
        status: 1,
        stdout: "",
        stderr: "run of step `evaluate` is a generator: nothing runs it; make it a function\n",
      });
    },
  );

  it("has no name of its step says so in general words", async () => {
    const end = await ended("throw 1;", "", { variables: { STEPWELL_STEP: "train.eu" } });
    expect(end.stderr).toBe("run of step `train.eu` threw 1, which is not an Error\n");
  });
});

describe("a module that fails as it is loaded", () => {
  it("fails the step with its place", async () => {
    const end = await ended("log.info(value);", "const value = JSON.parse('{');");
    expect(end).toMatchObject({ status: 1, stdout: "" });
    expect(end.stderr).toContain("SyntaxError: ");
    expect(end.stderr).toContain("    at steps.ts:1:63\n");
  });

  it("fails when it waits for ever", async () => {
    const end = await ended("log.info(value);", "const value = await new Promise(() => {});");
    expect(end.status).toBe(1);
    expect(end.stderr).toContain("ended without finishing: a promise never settled");
  });
});

describe("what is imported from stepwell", () => {
  it.each([
    ["submit", "await taxi.submit();"],
    ["step", "step({ name: 'inner', run() {} });"],
    ["evaluate", "evaluate({});"],
    ["runs", "const w = await import('stepwell'); w.workspace.runs();"],
    ["rows", "new (taxi.outputs.rows as any)();"],
  ])("refuses `%s` inside a step", async (name, body) => {
    const end = await ended(body, "const taxi = pipeline({ name: 'taxi' }, () => ({}));");
    expect(end.status).toBe(1);
    expect(end.stderr).toContain(
      `Error: \`${name}\` cannot be called inside a step: pipelines are defined and submitted outside of run, so pass what run needs as an input\n    at run (steps.ts:3:`,
    );
  });

  it("may be printed and waited for", async () => {
    const end = await ended(
      "await taxi; log.info(typeof taxi, String(typeof step));",
      "const taxi = pipeline({});",
    );
    expect(end).toMatchObject({ status: 0, stdout: "function function\n" });
  });
});

describe("a step that has returned and left something open", () => {
  it.each([
    [
      "net.createServer().listen(0, '127.0.0.1'); setInterval(() => {}, 1000);",
      "TCPServerWrap, Timeout",
    ],
    ["new Worker('setInterval(() => {}, 1000)', { eval: true });", "a thread, or the like"],
  ])("says what it is, and goes on: %s", async (body, what) => {
    const place =
      project(`import { step } from "stepwell"; import net from "node:net"; import { Worker } from "node:worker_threads";
export const evaluate = step({ name: "evaluate", run() { ${body} } });
`);
    const file = path.join(place.folder, "step.mjs");
    fs.writeFileSync(file, await place.program());
    const env = { PATH: process.env.PATH ?? "", STEPWELL_STEP: "evaluate" };
    const child = spawn(process.execPath, [file], { stdio: ["ignore", "inherit", "pipe"], env });
    const said = await new Promise<string>((resolve) =>
      child.stderr.once("data", (data) => resolve(String(data))),
    );
    expect(said).toBe(
      `run of step \`evaluate\` has returned; the process still waits for: ${what} (see limits.timeout)\n`,
    );
    expect(child.exitCode).toBeNull();
    child.kill();
    await new Promise((resolve) => child.once("exit", resolve));
  });
});

describe("a step that is asked to stop", () => {
  const text = (uses: string, body: string) => `import { step } from "stepwell";
export const evaluate = step({ name: "evaluate", async run({ ${uses} }: any) {
  console.log("ready");
  ${body}
} });
`;

  async function stopped(program: string): Promise<{ code: number | null; by: string | null }> {
    const place = project(program);
    const { program: words } = await place.bundled();
    const file = path.join(place.folder, "step.mjs");
    fs.writeFileSync(file, words);
    const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.once("data", () => child.kill("SIGTERM"));
    return new Promise((resolve) => child.once("exit", (code, by) => resolve({ code, by })));
  }

  it("hears of it by its signal and ends as it likes", async () => {
    const wait = `const open = setInterval(() => {}, 1000);
  await new Promise<void>((done) => signal.addEventListener("abort", () => done()));
  clearInterval(open);`;
    expect(await stopped(text("signal", wait))).toEqual({ code: 0, by: null });
  });

  it("is stopped when it does not ask for the signal", async () => {
    expect(await stopped(text("", "setInterval(() => {}, 1000);"))).toEqual({
      code: null,
      by: "SIGTERM",
    });
  });
});
