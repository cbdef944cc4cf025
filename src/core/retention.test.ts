import { describe, expect, it } from "vitest";
import type { RunRule } from "../spec/retention-rules.ts";
import {
  describeRule,
  itemsToRemove,
  type KeptItem,
  keptRuns,
  type RuledRun,
} from "./retention.ts";

const NOTHING: RunRule = { keepForMs: null, keepLast: null, keepTags: [], maxSizeBytes: null };

function run(name: string, endedAt: number | null, more: Partial<RuledRun> = {}): RuledRun {
  return { name, pipeline: name.replace(/-\d+$/, ""), createdAt: 0, endedAt, tags: {}, ...more };
}

/** Newest first. */
const RUNS = [
  run("taxi-4", 95),
  run("word-1", 90),
  run("taxi-3", 50, { tags: { release: "1.0" } }),
  run("taxi-2", 40),
  run("taxi-1", 10),
];

const CONTEXT = { now: 100, isUntouchable: (_: RuledRun) => false };

function kept(rule: Partial<RunRule> | null, context = CONTEXT): readonly string[] {
  return [...keptRuns(rule && { ...NOTHING, ...rule }, RUNS, context)];
}

describe("the runs that a rule keeps", () => {
  it("are all of them without a rule, and with one of size alone", () => {
    expect(kept(null)).toHaveLength(5);
    expect(kept({ maxSizeBytes: 1 })).toHaveLength(5);
  });

  it("are those by age, by count in each pipeline, or by a tag: one of them is enough", () => {
    expect(kept({ keepForMs: 50 })).toEqual(["taxi-4", "word-1", "taxi-3"]);
    expect(kept({ keepLast: 1 })).toEqual(["taxi-4", "word-1"]);
    expect(kept({ keepLast: 0 })).toEqual([]);
    expect(kept({ keepTags: [["release", "*"]] })).toEqual(["taxi-3"]);
    expect(kept({ keepTags: [["release", "2.0"]] })).toEqual([]);
    expect(kept({ keepLast: 1, keepTags: [["release", "1.0"]] })).toHaveLength(3);
  });

  it("are those without an end and pinned ones whatever the rule says", () => {
    const isUntouchable = ({ name }: RuledRun) => name === "taxi-1";
    expect(kept({ keepLast: 1 }, { ...CONTEXT, isUntouchable })).toContain("taxi-1");
  });
});

function item(key: string, runs: readonly string[], more: Partial<KeptItem> = {}): KeptItem {
  return { key, sizeBytes: 10, bytes: key, runs, isHeld: false, ...more };
}

function going(rule: Partial<RunRule>, items: readonly KeptItem[]): object {
  return Object.fromEntries(itemsToRemove({ ...NOTHING, ...rule }, items, RUNS, CONTEXT));
}

describe("what may go", () => {
  it("is what no kept run refers to, whoever made it", () => {
    const items = [item("a", ["taxi-1", "taxi-4"]), item("b", ["taxi-1"]), item("c", ["taxi-2"])];
    expect(going({ keepLast: 1 }, items)).toEqual({ b: "unreferenced", c: "unreferenced" });
  });

  it("is never what a version or a pin refers to", () => {
    const items = [item("a", ["taxi-1"], { isHeld: true }), item("b", ["taxi-1"])];
    expect(going({ keepLast: 1 }, items)).toEqual({ b: "unreferenced" });
    expect(going({ maxSizeBytes: 0 }, items)).toEqual({ b: "max_size" });
  });

  it("is the least recently used above a size, and never of a pipeline's newest run", () => {
    const items = [
      item("newest", ["taxi-4"]),
      item("older", ["taxi-3"]),
      item("oldest", ["taxi-1"]),
      item("used", ["taxi-1", "taxi-3"]),
    ];
    expect(going({ maxSizeBytes: 35 }, items)).toEqual({ oldest: "max_size" });
    expect(Object.keys(going({ maxSizeBytes: 0 }, items)).sort()).toEqual([
      "older",
      "oldest",
      "used",
    ]);
    expect(going({ maxSizeBytes: 40 }, items)).toEqual({});
  });

  it("counts bytes that lie on the disk once as once", () => {
    const items = [
      item("a", ["taxi-1"], { bytes: "x" }),
      item("b", ["taxi-2"], { bytes: "x" }),
      item("c", ["taxi-3"]),
    ];
    expect(going({ maxSizeBytes: 20 }, items)).toEqual({});
    expect(going({ maxSizeBytes: 19 }, items)).toEqual({ a: "max_size", b: "max_size" });
  });

  it("is asked for its runs a few times, however many others there are: thousands may refer to it", () => {
    let asked = 0;
    const items = Array.from({ length: 500 }, (_, at) => ({
      key: `k${at}`,
      sizeBytes: 1,
      bytes: `b${at}`,
      isHeld: false,
      get runs() {
        asked += 1;
        return [`taxi-${1 + ((at * 7) % 3)}`];
      },
    }));
    const rule = { ...NOTHING, maxSizeBytes: 0 };
    expect(itemsToRemove(rule, items, RUNS, CONTEXT).size).toBe(500);
    expect(asked).toBeLessThanOrEqual(4 * items.length);
  });

  it("says by which rule it went", () => {
    expect(describeRule("outputs", "max_size")).toMatch(/retention\.outputs\.max_size/);
    expect(describeRule("outputs", "unreferenced")).toMatch(/no rule of retention\.outputs/);
  });
});
