import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "./repository.ts";
import { eventually, exited, leftovers, makeRig, type Rig } from "./rig.ts";

// A user's scripts, run as users run them, with the built package in node_modules.

let rig: Rig;
beforeAll(() => {
  rig = makeRig("from-code");
  rig.write("stepwell.yml", "computes: {local: {type: local, cpus: 4}}\n");
  rig.write("package.json", '{"type": "module"}');
  fs.mkdirSync(rig.at("node_modules"));
  fs.symlinkSync(ROOT, rig.at("node_modules/stepwell"));
  rig.write(
    "pipeline.mjs",
    `import { command, input, output, pipeline, sh } from "stepwell";
    const mark = command({ name: "mark", inputs: { n: input.integer() }, outputs: { file: output.file() },
      run: ({ inputs, outputs }) => sh\`echo mark >> ${rig.at("ledger")}; echo \${inputs.n} > \${outputs.file}\` });
    const gate = command({ name: "gate", inputs: { file: input.file() }, outputs: { out: output.file() },
      run: ({ inputs, outputs }) => sh\`echo gate >> ${rig.at("ledger")}; while [ ! -e ${rig.at("open")} ]; do sleep 0.05; done; cp \${inputs.file} \${outputs.out}\` });
    export const marked = pipeline({ name: "marked", inputs: { n: input.integer() } }, ({ inputs }) =>
      ({ file: mark({ n: inputs.n }).outputs.file }));
    export const gated = pipeline({ name: "gated", inputs: { n: input.integer() } }, ({ inputs }) =>
      ({ out: gate({ file: mark({ n: inputs.n }).outputs.file }).outputs.out }));
    const close = command({ name: "close", inputs: { file: input.file() }, outputs: { out: output.file() },
      run: ({ inputs, outputs }) => sh\`echo close >> ${rig.at("ledger")}; cp \${inputs.file} \${outputs.out}\` });
    export const closed = pipeline({ name: "closed", inputs: { n: input.integer() } }, ({ inputs }) =>
      ({ out: close({ file: gate({ file: mark({ n: inputs.n }).outputs.file }).outputs.out }).outputs.out }));
    export default marked;`,
  );
});
afterAll(() => {
  expect(leftovers(rig.folder)).toEqual([]);
  rig.remove();
});

const env = (): NodeJS.ProcessEnv => ({
  ...process.env,
  CI: "",
  NO_COLOR: "1",
  STEPWELL_WORKSPACE: rig.folder,
});

const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

function node(file: string, text: string, ...words: readonly string[]) {
  rig.write(file, text);
  const done = spawnSync(process.execPath, [...words, file], {
    cwd: rig.folder,
    env: env(),
    encoding: "utf8",
  });
  return { code: done.status, stdout: done.stdout, stderr: done.stderr };
}

function start(file: string, text: string): ChildProcess {
  rig.write(file, text);
  return spawn(process.execPath, [file], { cwd: rig.folder, env: env(), stdio: "ignore" });
}

const openGate = (): void => rig.write("open", "");
const shutGate = (): void => fs.rmSync(rig.at("open"), { force: true });
const hasStarted = (step: string): boolean => rig.peek().includes(step);
const statusOf = (run: string): string =>
  (JSON.parse(rig.cli("show", run, "--json").stdout) as { readonly status: string }).status;

describe("a script of JavaScript", () => {
  it("runs a pipeline and reads its output; without a terminal it prints nothing of its own", () => {
    const done = node(
      "whole.mjs",
      `import { marked } from "./pipeline.mjs";
      const run = await marked.submit({ inputs: { n: 7 }, name: "whole" });
      const { status } = await run.wait();
      console.log(status, (await run.outputs.file.text()).trim());`,
    );
    expect(done).toEqual({ code: 0, stdout: "Completed 7\n", stderr: "" });
    expect(rig.ran()).toEqual(["mark"]);
  });

  it("shows how it goes where it is asked to", () => {
    const done = node(
      "shown.mjs",
      `import { marked } from "./pipeline.mjs";
      await (await marked.submit({ inputs: { n: 7 }, name: "shown" })).wait({ progress: true });`,
    );
    expect(done.stderr).toBe("run shown\nreused  mark  from whole\nshown Completed\n");
    expect(rig.ran()).toEqual([]);
  });

  it("reuses what the command line ran, and the other way round: both are the same pipeline", () => {
    const ran = rig.run("run", "pipeline.mjs", "--input", "n=8");
    expect(ran.status).toBe("Completed");
    const done = node(
      "same.mjs",
      `import { marked } from "./pipeline.mjs";
      console.log(JSON.stringify((await marked.plan({ inputs: { n: 8 } })).counts));`,
    );
    expect(JSON.parse(done.stdout)).toEqual({ run: 0, reuse: 1, depends: 0, skip: 0 });
    expect(rig.ran()).toEqual(["mark"]);
  });

  it("does not end before its run has, waited for or not", () => {
    const done = node(
      "unwaited.mjs",
      `import { marked } from "./pipeline.mjs";
      await marked.submit({ inputs: { n: 9 }, name: "unwaited" });`,
    );
    expect(done).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(statusOf("unwaited")).toBe("Completed");
    expect(rig.ran()).toEqual(["mark"]);
  });

  it("leaves a detached run to an engine of its own", async () => {
    shutGate();
    const done = node(
      "detached.mjs",
      `import { gated } from "./pipeline.mjs";
      console.log((await gated.submit({ inputs: { n: 10 }, name: "detached", detach: true })).name);`,
    );
    expect(done).toEqual({ code: 0, stdout: "detached\n", stderr: "" });
    await eventually(() => hasStarted("gate"), "the gate to start");
    openGate();
    expect(rig.cli("wait", "detached").code).toBe(0);
    expect(rig.ran()).toEqual(["gate", "mark"]);
  });

  it("is told with file and line where it has a mistake, by an error that fits on a screen", () => {
    const done = node(
      "mistake.mjs",
      `import { marked } from "./pipeline.mjs";
      await marked.submit({ inputs: {} });`,
    );
    expect(done.code).toBe(1);
    expect(done.stderr).toContain("`mark` needs the input `n`");
    expect(done.stderr).toContain(`${rig.at("pipeline.mjs")}:`);
    expect(done.stderr.length).toBeLessThan(4_000);
  });

  it("is refused inside of a step, and where the command line reads it", () => {
    const inside = node(
      "inside.mjs",
      `import { command, pipeline } from "stepwell";
      const outer = pipeline({ name: "outer" }, () => { command({ name: "call", run: "node ${rig.at("whole.mjs")}" })(); });
      const run = await outer.submit();
      await run.wait();
      console.log(await run.logs());`,
    );
    expect(inside.stdout).toContain("submit() is called inside of a step");
    rig.write(
      "reading.ts",
      `import { marked } from "./pipeline.mjs";
export default marked;
const run = await marked.submit({ inputs: { n: 1 } });
`,
    );
    const read = rig.cli("plan", "reading.ts", "--input", "n=1");
    expect(read.code).toBe(2);
    expect(read.stderr).toContain("reading.ts:3:");
    expect(read.stderr).toContain("if (process.argv[1] === import.meta.filename)");
  });
});

describe("a script of TypeScript through tsx", () => {
  it("defines and runs in one file, and the command line reads the same file", () => {
    const text = `import { command, output, pipeline, sh, type RunReport } from "stepwell";
      const hello = command({ name: "hello", outputs: { text: output.file() },
        run: ({ outputs }) => sh\`echo hello > \${outputs.text}\` });
      const greet = pipeline({ name: "greet" }, () => ({ text: hello().outputs.text }));
      export default greet;
      if (process.argv[1] === import.meta.filename) {
        const run = await greet.submit();
        const ended: RunReport = await run.wait({ throwOnFailure: true });
        console.log(ended.status, (await run.outputs.text.text()).trim());
      }`;
    const done = node("greet.ts", text, "--import", TSX);
    expect(done).toEqual({ code: 0, stdout: "Completed hello\n", stderr: "" });
    const again = rig.run("run", "greet.ts");
    expect(again.steps.map((step) => step.reuse.decision)).toEqual(["reused"]);
  });
});

describe("a step that is a function", () => {
  const text = (word: string): string => `import { writeFile } from "node:fs/promises";
    import { openWorkspace, output, pipeline, step } from "stepwell";
    import { shout } from "./shout.ts";
    const say = step({ name: "say", outputs: { text: output.file() },
      async run({ outputs, log }) { log.metric("length", 5); await writeFile(outputs.text, shout("${word}")); } });
    export const speak = pipeline({ name: "speak" }, () => ({ text: say().outputs.text }));
    if (process.argv[1] === import.meta.filename) {
      const run = await speak.submit();
      const ended = await run.wait({ throwOnFailure: true });
      console.log(ended.steps[0]?.reuse.decision, await run.outputs.text.text(), (await run.metrics("say")).length);
      const ws = await openWorkspace();
      console.log((await ws.components.publish(speak, { version: "1" })).outcome);
      await ws.close();
    }`;
  const helper = (mark: string): void =>
    rig.write(
      "shout.ts",
      `export const shout = (word: string): string => word.toUpperCase() + "${mark}";`,
    );

  it("runs from code, is reused, runs again when a helper changes, and can be published", () => {
    helper("!");
    const first = node("speak.ts", text("hello"), "--import", TSX);
    expect(first).toEqual({ code: 0, stdout: "ran HELLO! 5\ncreated\n", stderr: "" });
    const again = node("speak.ts", text("hello"), "--import", TSX);
    expect(again.stdout).toBe("reused HELLO! 5\nsame\n");
    helper("?");
    const changed = node("speak.ts", text("hello"), "--import", TSX);
    expect(changed.stdout).toBe("ran HELLO? 5\n");
    expect(changed.stderr).toContain("asset_version_conflict");
    rig.write(
      "use.yml",
      "type: pipeline\nsettings: {default_compute: azureml:local}\njobs:\n  speak: {type: pipeline, component: azureml:speak:1}\n",
    );
    const used = rig.run("run", "use.yml");
    expect(used.status).toBe("Completed");
    expect(fs.readFileSync(used.steps.at(-1)?.outputs.text?.path ?? "", "utf8")).toBe("HELLO!");
  });
});

describe("a process that is not alone, or does not live to the end", () => {
  const script = (name: string, n: number): string =>
    `import { gated } from "./pipeline.mjs";
    const run = await gated.submit({ inputs: { n: ${n} }, name: "${name}" });
    process.exitCode = (await run.wait()).status === "Completed" ? 0 : 5;`;

  it("has its run interrupted when it is killed; the command line goes on with it", async () => {
    rig.ran();
    shutGate();
    const child = start("killed.mjs", script("killed", 20));
    await eventually(() => hasStarted("gate"), "the gate to start");
    child.kill("SIGKILL");
    await exited(child);
    expect(statusOf("killed")).toBe("Interrupted");
    const waited = node(
      "after.mjs",
      `import { openWorkspace } from "stepwell";
      const ws = await openWorkspace();
      const run = await ws.run("killed");
      await run.wait().catch((error) => console.log(error.code, error.hint));
      await ws.close();`,
    );
    expect(waited.stdout).toBe(
      "interrupted go on with it: run.resume(), or stepwell run --resume killed\n",
    );
    openGate();
    expect(rig.cli("run", "--resume", "killed").code).toBe(0);
    expect(rig.ran()).toEqual(["gate", "mark"]);
  });

  it.each([
    [
      "the same submit with the same key",
      40,
      `import { closed } from "./pipeline.mjs";
      const run = await closed.submit({ inputs: { n: 40 }, idempotencyKey: "key" });`,
    ],
    [
      "resume()",
      41,
      `import { openWorkspace } from "stepwell";
      const run = await (await (await openWorkspace()).run("closed@last")).resume();`,
    ],
  ])("has its run go on by %s", async (_, n, text) => {
    shutGate();
    const key = n === 40 ? `, idempotencyKey: "key"` : "";
    const child = start(
      "first.mjs",
      `import { closed } from "./pipeline.mjs";
      await closed.submit({ inputs: { n: ${n} }${key} });`,
    );
    await eventually(() => hasStarted("gate"), "the gate to start");
    child.kill("SIGKILL");
    await exited(child);
    openGate();
    const done = node("again.mjs", `${text}\nconsole.log((await run.wait()).status);`);
    expect(done).toEqual({ code: 0, stdout: "Completed\n", stderr: "" });
    expect(rig.ran()).toEqual(["close", "gate", "mark"]);
  });

  it("ends by Ctrl-C as any program does: the SDK listens to no signal", async () => {
    shutGate();
    const child = start("stopped.mjs", script("stopped", 21));
    await eventually(() => hasStarted("gate"), "the gate to start");
    child.kill("SIGINT");
    await exited(child);
    expect(child.signalCode).toBe("SIGINT");
    expect(statusOf("stopped")).toBe("Interrupted");
    expect(rig.cli("cancel", "stopped", "--kill").code).toBe(0);
    rig.ran();
  });

  it("waits for its run in a workspace whose engine is another process", async () => {
    shutGate();
    const engine = start("engine.mjs", script("first", 31));
    await eventually(() => hasStarted("gate"), "the gate to start");
    const follower = start("follower.mjs", script("second", 32));
    await eventually(() => rig.peek().filter((name) => name === "gate").length === 2, "both gates");
    openGate();
    expect(await exited(engine)).toBe(0);
    expect(await exited(follower)).toBe(0);
    rig.ran();
  });
});

describe("what importing the SDK loads", () => {
  const dist = path.join(ROOT, "dist");
  /** Files that are loaded with `file`, and what they import from elsewhere. */
  function loadedWith(file: string): { readonly files: Set<string>; readonly others: Set<string> } {
    const files = new Set([file]);
    const others = new Set<string>();
    for (const name of files) {
      const text = fs.readFileSync(path.join(dist, name), "utf8");
      const named = text.matchAll(/^(?:import|export)\b(?:[^"'();]*?\bfrom)?\s*["']([^"']+)["']/gm);
      for (const [, to = ""] of named)
        if (to.startsWith(".")) files.add(path.normalize(to));
        else others.add(to);
    }
    return { files, others };
  }

  it("is modules of Node and the SDK's own code: no client, no engine, no database", () => {
    const { files, others } = loadedWith("index.js");
    expect([...files].length).toBeGreaterThan(1);
    expect([...files]).not.toContain("client.js");
    expect([...others].filter((name) => !name.startsWith("node:"))).toEqual([]);
    const text = [...files].map((name) => fs.readFileSync(path.join(dist, name), "utf8")).join("");
    const rooms = [...text.matchAll(/^\/\/ src\/([\w-]+)\//gm)].map((match) => match[1] ?? "");
    expect([...new Set(rooms)].sort()).toEqual(["display", "sdk", "spec"]);
    expect(text).toContain('import("./client.js")');
  });

  it("is all of it loaded by the client, where something is run", () => {
    const { files } = loadedWith("client.js");
    expect([...files].length).toBeGreaterThan(1);
    const text = fs.readFileSync(path.join(dist, "client.js"), "utf8");
    expect(text).toContain("// src/engine/");
  });
});
