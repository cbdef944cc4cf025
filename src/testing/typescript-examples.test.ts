import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ROOT } from "./repository.ts";
import { CLI, makeRig, type Rig } from "./rig.ts";

// The examples in TypeScript, each run in a copy of its folder as its README says.

const EXAMPLES = path.join(ROOT, "examples");
const HAS_R = spawnSync("Rscript", ["--version"]).status === 0;
if (!HAS_R) process.stdout.write("skipped: the examples in R, there is no Rscript\n");

let rig: Rig | null = null;

afterEach(() => {
  rig?.remove();
  rig = null;
});

function open(folder: string): Rig {
  rig = makeRig(path.basename(folder));
  fs.cpSync(path.join(EXAMPLES, folder), rig.folder, { recursive: true });
  return rig;
}

const text = (file: string | undefined): string => fs.readFileSync(file ?? "", "utf8");

describe("the examples in TypeScript", () => {
  it("ten-regions: a loop makes ten steps, and an eleventh takes them all", () => {
    const { run } = open("typescript/ten-regions");
    const first = run("run", "pipeline.ts");
    expect(first.steps).toHaveLength(11);
    expect(text(first.outputs.table?.path).split("\n")[0]).toBe("city 70");
    const again = run("run", "pipeline.ts", "--set", "jobs.count_city.inputs.seed=2");
    const ran = again.steps.filter((step) => step.reuse.decision === "ran");
    expect(ran.map((step) => step.name)).toEqual(["count_city", "merge"]);
  });

  it("nested: pipelines called like steps, in an order beside their data", () => {
    const { run } = open("typescript/nested");
    const done = run("run", "pipeline.ts");
    expect(text(done.outputs.both?.path)).toBe("15 12\n");
    const ended = (name: string): number =>
      Date.parse(done.steps.find((step) => step.name === name)?.attempts[0]?.finished ?? "");
    expect(ended("begin")).toBeLessThanOrEqual(ended("north.make"));
    expect(ended("compare")).toBeLessThanOrEqual(ended("end"));
  });

  it("notebooks: order alone, data dependencies, paths and parameters", () => {
    const { run, cli, write } = open("notebooks");
    expect(run("run", "getting-started.ts").steps.map((step) => step.status)).toEqual([
      "Completed",
      "Completed",
      "Completed",
    ]);
    const linked = run("run", "data-dependency.ts");
    expect(text(linked.outputs.compared?.path)).toBe("green\nyellow\n");
    const plain = run("run", "path-and-parameters.ts");
    expect(text(plain.outputs.text?.path).split("\n").slice(0, 3)).toEqual([
      "- green",
      "- yellow",
      "- green",
    ]);
    write("other.txt", "red\n");
    const words = ["--input", "words=other.txt", "--input", "copies=3"];
    expect(text(run("run", "path-and-parameters.ts", ...words).outputs.text?.path)).toBe(
      "- red\n- red\n- red\n",
    );
    const wrong = cli("run", "path-and-parameters.ts", "--input", "copies=0");
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("at least 1, not 0") });
  });

  it("notebooks: data from one datastore to another, merged, registered", () => {
    const { run, cli, read } = open("notebooks");
    const done = run("run", "data-transfer.ts");
    expect(fs.readdirSync(done.outputs.merged?.path ?? "").sort()).toEqual([
      ...["april.txt", "hello.txt", "march.txt", "world.txt"],
    ]);
    expect(read(`archive/${done.name}/april.txt`)).toBe("blue\nred\n");
    const model = JSON.parse(cli("model", "show", "colours", "--json").stdout);
    expect(model).toMatchObject({ version: "1", run: done.name });
  });

  it("notebooks: a registered component is called by name", () => {
    const { run, cli } = open("notebooks");
    expect(cli("run", "modules.ts").stderr).toMatch(/modules\.ts:\d+:\d+: error: .*no component/);
    expect(cli("component", "create", "component.yml").code).toBe(0);
    const done = run("run", "modules.ts");
    expect(text(done.outputs.all?.path)).toMatch(/2 green\n\s+1 yellow/);
  });

  it("notebooks: a notebook with parameters is run, and kept as it looked", () => {
    const { run } = open("notebooks");
    const { outputs } = run("run", "notebook-step.ts");
    expect(text(outputs.result?.path)).toBe("it's 6\n");
    const kept = outputs.notebook?.path ?? "";
    expect(fs.readdirSync(kept).sort()).toEqual(["explore.html", "explore.ipynb"]);
    expect(text(path.join(kept, "explore.html"))).toContain("it's 6");
  });

  it.skipIf(!HAS_R)("notebooks: a step in R", () => {
    const { run } = open("notebooks");
    expect(text(run("run", "r.ts").outputs.table?.path)).toContain('"green",2');
  });

  it.skipIf(!HAS_R)("mixed: Python, R and TypeScript; a helper counts, a comment does not", () => {
    const { run, write, read } = open("typescript/mixed");
    const first = run("run", "pipeline.ts");
    expect(text(first.outputs.text?.path)).toMatch(/^y = 3\.0 x \+ \d\.\d\n$/);
    expect(first.steps.find((step) => step.name === "tell")?.metrics.slope).toBeCloseTo(3, 1);
    const decisions = (): string[] =>
      run("run", "pipeline.ts").steps.map((step) => step.reuse.decision);
    write("words.ts", `// A comment.\n${read("words.ts")}`);
    expect(decisions()).toEqual(["reused", "reused", "reused"]);
    write("words.ts", read("words.ts").replace("y = ", "line: "));
    expect(decisions()).toEqual(["reused", "reused", "ran"]);
  });

  it.skipIf(!HAS_R)(
    "mixed: gc clears away programs of functions that are a week old, and they are made again",
    () => {
      const { run, cli, at } = open("typescript/mixed");
      run("run", "pipeline.ts");
      const [program = ""] = fs.readdirSync(at(".stepwell/functions"));
      cli("gc");
      expect(fs.readdirSync(at(".stepwell/functions"))).toEqual([program]);
      const old = new Date(Date.now() - 8 * 24 * 3_600_000);
      fs.utimesSync(at(path.join(".stepwell/functions", program)), old, old);
      expect(cli("gc").code).toBe(0);
      expect(fs.readdirSync(at(".stepwell/functions"))).toEqual([]);
      expect(run("run", "pipeline.ts").steps.map((step) => step.reuse.decision)).toEqual([
        "reused",
        "reused",
        "reused",
      ]);
    },
  );

  it("tumours: the demo; its export is YAML with the same fingerprints", () => {
    rig = makeRig("tumours");
    fs.cpSync(path.join(ROOT, "demo"), rig.at("demo"), { recursive: true });
    fs.cpSync(path.join(EXAMPLES, "typescript"), rig.at("examples/typescript"), {
      recursive: true,
    });
    const { run, cli } = rig;
    const module = "examples/typescript/tumours/pipeline.ts";
    const code = run("run", module);
    expect(text(code.outputs.page?.path)).toContain("# Tumours");
    expect(cli("export", module).stderr).toMatch(/`report` is a function[\s\S]*--to FOLDER/);
    expect(cli("export", module, "--to", "azure").code).toBe(0);
    const yaml = run("run", "azure/tumours.yml");
    expect(yaml.steps.map((step) => step.reuse.decision)).toEqual(code.steps.map(() => "reused"));
  });

  it("the guide: its first pipeline runs as it stands there, and nothing of it the second time", () => {
    rig = makeRig("guide");
    const { run, write } = rig;
    const guide = fs.readFileSync(path.join(ROOT, "docs", "guides", "typescript.md"), "utf8");
    write("pipeline.ts", /```ts\n([\s\S]*?)```/.exec(guide)?.[1] ?? "");
    write("text.txt", "the cat and the caterpillar\n");
    expect(text(run("run").outputs.page?.path)).toBe("- 11 caterpillar\n- 3 the\n");
    expect(run("run").steps.map((step) => step.reuse.decision)).toEqual([
      "reused",
      "reused",
      "reused",
    ]);
  });

  it("compiles, all of it", () => {
    rig = makeRig("compile");
    fs.cpSync(path.join(EXAMPLES, "typescript"), rig.folder, { recursive: true });
    fs.cpSync(path.join(EXAMPLES, "notebooks"), rig.at("notebooks"), { recursive: true });
    const modules = rig.at("node_modules");
    fs.mkdirSync(modules);
    fs.symlinkSync(ROOT, path.join(modules, "stepwell"));
    fs.symlinkSync(path.join(ROOT, "node_modules", "@types"), path.join(modules, "@types"));
    const compiler = path.join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const done = spawnSync(process.execPath, [compiler, "-p", "."], {
      cwd: rig.folder,
      encoding: "utf8",
    });
    expect(done.stdout).toBe("");
    expect(fs.existsSync(CLI)).toBe(true);
  });
});
