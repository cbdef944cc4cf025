import fs from "node:fs";
import path from "node:path";
import { Ajv } from "ajv";
import { afterEach, describe, expect, it } from "vitest";
import type { RunView } from "../operations/recorded/run-view.ts";
import { SCHEMA_KINDS, schemaFor } from "../spec/json-schema.ts";
import { SPEC_LIMITS } from "../spec/limits.ts";
import { toPlain } from "../spec/plain.ts";
import { readTree } from "../spec/read-tree.ts";
import { ROOT } from "./repository.ts";
import { makeRig, type Rig } from "./rig.ts";

// The numbered examples, each run in a copy of its folder as its README says, and the editor schemas they refer to.

const EXAMPLES = path.join(ROOT, "examples");
const NAMES = fs.readdirSync(EXAMPLES).filter((name) => /^\d\d-/.test(name));

let rig: Rig | null = null;

afterEach(() => {
  rig?.remove();
  rig = null;
});

/** A copy of an example, in a workspace of its own. */
function open(number: string): Rig {
  const name = NAMES.find((one) => one.startsWith(number)) as string;
  rig = makeRig(name);
  fs.cpSync(path.join(EXAMPLES, name), rig.folder, { recursive: true });
  return rig;
}

function text(run: RunView, output: string): string {
  const at = output.lastIndexOf(".");
  const step = run.steps.find((one) => one.name === output.slice(0, at));
  return fs.readFileSync(step?.outputs[output.slice(at + 1)]?.path ?? "", "utf8");
}

function states(run: RunView): Record<string, string> {
  return Object.fromEntries(run.steps.map((step) => [step.name, step.status]));
}

function ran(run: RunView): readonly string[] {
  return run.steps.filter((step) => step.reuse.decision === "ran").map((step) => step.name);
}

describe("the examples", () => {
  it("01: two steps, and a changed parameter runs the second", () => {
    const { run } = open("01");
    const first = run("run", "pipeline.yml");
    expect(fs.readFileSync(first.outputs.top?.path ?? "", "utf8")).toBe("the 3\nand 2\nbird 1\n");
    expect(ran(run("run", "pipeline.yml", "--set", "jobs.top.inputs.n=1"))).toEqual(["top"]);
    rig?.write("other.txt", "one word\n");
    const other = run("run", "pipeline.yml", "--input", "text=other.txt");
    expect(text(other, "top.top")).toBe("one 1\nword 1\n");
  });

  it("02: pipelines in a pipeline, with defaults and bindings through all levels", () => {
    const { run } = open("02");
    const first = run("run", "pipeline.yml");
    expect(text(first, "compare.both")).toBe("15 12\n");
    expect(states(first)).toMatchObject({ north: "Completed", "north.make": "Completed" });
    const again = run("run", "pipeline.yml", "--set", "jobs.south.inputs.rows=4");
    expect(ran(again)).toEqual(["south.make", "south.sum", "compare"]);
  });

  it("03: a retry, an order without data, and what is never reused", () => {
    const { run, cli } = open("03");
    const first = run("run", "pipeline.yml");
    expect(first.steps[0]?.attempts.map((one) => one.exitCode)).toEqual([1, 0]);
    expect(cli("logs", first.name, "fetch").stdout).toContain("attempt 2");
    const [fetch, check] = first.steps;
    expect(Date.parse(check?.attempts[0]?.started ?? "")).toBeGreaterThanOrEqual(
      Date.parse(fetch?.attempts[1]?.finished ?? ""),
    );
    expect(ran(run("run", "pipeline.yml"))).toEqual(["check"]);
  });

  it("04: an environment for each step, locked for git, and plan names what changed", () => {
    const { run, cli, write, folder } = open("04");
    const first = run("run", "pipeline.yml");
    expect(first.steps.flatMap((step) => step.error?.message ?? [])).toEqual([]);
    expect([text(first, "own.report"), text(first, "conda.report")]).toEqual([
      "six 1.17.0\n",
      "six 1.16.0\n",
    ]);
    expect(fs.readdirSync(path.join(folder, "stepwell.lock.d"))).toHaveLength(2);
    write("requirements.txt", "six==1.16.0\n");
    expect(cli("plan", "pipeline.yml").stdout).toMatch(/depends +own .*environment/);
    expect(text(run("run", "pipeline.yml"), "own.report")).toBe("six 1.16.0\n");
  });

  it("05: metrics from three languages", () => {
    const { run, cli } = open("05");
    const first = run("run", "pipeline.yml");
    const metrics = Object.assign({}, ...first.steps.map((step) => step.metrics));
    expect(metrics).toEqual({ accuracy: 0.7, rows: 42, loss: 0.6 });
    expect(cli("show", first.name).stdout).toContain("metric node.rows  42");
  });

  it("06: registered data and components keep their meaning", () => {
    const { run, cli, write } = open("06");
    expect(cli("component", "create", "component.yml").code).toBe(0);
    expect(cli("data", "create", "data.yml").code).toBe(0);
    expect(cli("data", "label", "poem:1", "stable").code).toBe(0);
    expect(text(run("run", "pipeline.yml"), "count.words").trim()).toBe("6");
    write("poem.txt", "gone\n");
    expect(run("run", "pipeline.yml").steps[0]?.reuse.decision).toBe("reused");
    cli("data", "create", "--name", "poem", "--path", "poem.txt");
    cli("data", "label", "poem:2", "stable");
    expect(text(run("run", "pipeline.yml"), "count.words").trim()).toBe("1");
  });

  it("07: four processes of one step find each other", () => {
    const { run } = open("07");
    const sums = run("run", "pipeline.yml").steps[0]?.outputs.sums?.path ?? "";
    const ranks = fs.readdirSync(sums).sort();
    expect(ranks).toEqual(["rank-0", "rank-1", "rank-2", "rank-3"]);
    for (const rank of ranks) expect(fs.readFileSync(path.join(sums, rank), "utf8")).toBe("10\n");
  });

  it("08: the rest goes on, and what ended well is reused", () => {
    const { run, cli } = open("08");
    const expected = {
      breaks: "Failed",
      below: "Skipped",
      beside: "Completed",
      after_beside: "Completed",
    };
    const done = cli("run", "pipeline.yml", "--json");
    expect(done.code).toBe(1);
    expect(states(JSON.parse(done.stdout))).toEqual(expected);
    expect(ran(run("run", "pipeline.yml"))).toEqual(["breaks"]);
  });

  it("09: optional inputs are dropped with their words", () => {
    const { run, cli } = open("09");
    const first = run("run", "pipeline.yml");
    expect(text(first, "plain.greeting")).toBe("Hello Ada\n");
    expect(text(first, "formal.greeting")).toBe("Hello Countess of Ada Lovelace\n");
    expect(cli("run", "pipeline.yml", "--set", "jobs.plain.inputs.times=5").code).toBe(2);
  });

  it("10: a copy at a datastore for each run, also of a reused step", () => {
    const { run, read } = open("10");
    for (const decision of ["ran", "reused"]) {
      const { name, steps } = run("run", "pipeline.yml");
      expect(steps[0]?.reuse.decision).toBe(decision);
      expect(read(`results/${name}/report/index.html`)).toBe("<h1>Report</h1>\n");
    }
  });

  it("11: data is brought, checked, split and published, and only for what changed", () => {
    const { run, cli, read, write } = open("11");
    const first = run("run", "pipeline.yml");
    expect(states(first)).toEqual(
      Object.fromEntries(first.steps.map(({ name }) => [name, "Completed"])),
    );
    const published = (): readonly string[] =>
      fs.readdirSync(rig?.at("lake/published/train") ?? "").sort();
    expect(published()).toEqual(["README.txt", "data.parquet"]);
    expect(ran(run("run", "pipeline.yml"))).toEqual([]);
    const orders = "lake/incoming/shop/orders.csv";
    write(orders, `${read(orders)}201,c7,DE,5.00,2025-06-01T00:00:00Z\n`);
    expect(
      run("run", "pipeline.yml").steps.find(({ name }) => name === "check")?.metrics.rows,
    ).toBe(201);
    const before = fs.readFileSync(rig?.at("lake/published/train/data.parquet") ?? "");
    write(orders, `${read(orders)}201,c7,XX,-1,soon\n`);
    const failed = cli("run", "pipeline.yml");
    expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining("checks fail")]);
    expect(fs.readFileSync(rig?.at("lake/published/train/data.parquet") ?? "")).toEqual(before);
  });
});

describe("the editor schemas", () => {
  const ajv = new Ajv({ strict: false, allErrors: true });

  it.each(SCHEMA_KINDS)("%s: the published file is what the field tables give", (kind) => {
    const published = JSON.parse(
      fs.readFileSync(path.join(ROOT, "schemas", `${kind}.json`), "utf8"),
    );
    expect(published).toEqual(JSON.parse(JSON.stringify(schemaFor(kind))));
  });

  const files = NAMES.flatMap((name) =>
    fs
      .readdirSync(path.join(EXAMPLES, name))
      .filter((file) => file.endsWith(".yml"))
      .map((file) => `${name}/${file}`),
  );

  it.each(files)("%s names a schema that it fits, and that refuses a wrong key", (file) => {
    const body = fs.readFileSync(path.join(EXAMPLES, file), "utf8");
    const [, line = ""] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(body) ?? [];
    const at = path.resolve(path.dirname(path.join(EXAMPLES, file)), line);
    const validate = ajv.compile(JSON.parse(fs.readFileSync(at, "utf8")));
    const { root } = readTree(body, file, SPEC_LIMITS);
    const plain = root === null ? null : (toPlain(root) as object);
    validate(plain);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ ...plain, comand: "x" })).toBe(false);
  });

  it.each(NAMES)("%s has a README that begins with what it shows", (name) => {
    expect(fs.readFileSync(path.join(EXAMPLES, name, "README.md"), "utf8")).toMatch(/^# \S/);
  });
});
