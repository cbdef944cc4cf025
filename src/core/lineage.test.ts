import { describe, expect, it } from "vitest";
import { type LineageNode, lineageBuilder } from "./lineage.ts";
import { lineageDot } from "./lineage-dot.ts";
import { originsOf } from "./lineage-roots.ts";
import { describeCut, indented, lineageTree } from "./lineage-tree.ts";
import { runUuid } from "./open-lineage.ts";

function step(run: string): LineageNode {
  const facts = { step: "s", seq: 1, finished: "2026-03-01T10:00:00.000Z", durationMs: 1 };
  return { kind: "step_run", id: `step ${run}`, run, fingerprint: "f", ...facts };
}

function content(written: string): LineageNode {
  return {
    kind: "content",
    id: `content ${written}`,
    contentId: "sha256:0123456789abcdef",
    written,
  };
}

const used = { kind: "used", name: "in" } as const;
const made = { kind: "made", name: "out" } as const;

/** `a` → step → `b` → step → …: each made of the one before. */
function chain(length: number): ReturnType<ReturnType<typeof lineageBuilder>["graph"]> {
  const builder = lineageBuilder();
  for (let at = 0; at <= length; at += 1) {
    builder.add(content(`c${at}`));
    builder.add(step(`r${at}`));
    if (at === length) break;
    builder.connect({ ...used, from: `content c${at}`, to: `step r${at}` });
    builder.connect({ ...made, from: `step r${at}`, to: `content c${at + 1}` });
  }
  return builder.graph([`content c${length}`]);
}

describe("the tree of a lineage", () => {
  it("leads from what was asked for to where it comes from", () => {
    expect(lineageTree(chain(1), "up").map(indented)).toEqual([
      "c1  sha256:0123456789ab",
      "  made by s of r0, 2026-03-01 10:00",
      "    read in: c0  sha256:0123456789ab",
    ]);
  });

  it("numbers the levels of a long chain instead of moving further and further in", () => {
    const lines = lineageTree(chain(10_000), "up");
    expect(lines).toHaveLength(20_001);
    expect(indented(lines.at(-1) as (typeof lines)[number])).toMatch(/^ {40}\[20000\] read in: c0/);
  });

  it("shows what was shown before once, with a word that it was", () => {
    const builder = lineageBuilder();
    for (const node of [content("a"), step("x"), step("y"), content("end")]) builder.add(node);
    for (const run of ["x", "y"]) {
      builder.connect({ ...used, from: "content a", to: `step ${run}` });
      builder.connect({ ...made, from: `step ${run}`, to: "content end" });
    }
    builder.add(step("z"));
    builder.connect({ ...made, from: "step z", to: "content a" });
    const lines = lineageTree(builder.graph(["content end"]), "up").map(({ text }) => text);
    expect(lines.filter((text) => /made by s of z/.test(text))).toHaveLength(1);
    expect(lines.filter((text) => /shown above/.test(text))).toHaveLength(1);
  });

  it("says aloud what it leaves out, added up", () => {
    const builder = lineageBuilder();
    builder.add(content("a"));
    const cut = { node: "content a", direction: "down" } as const;
    builder.cut({ ...cut, reason: "fan", more: 99_000 });
    builder.cut({ ...cut, reason: "fan", more: 900 });
    const graph = builder.graph(["content a"]);
    expect(lineageTree(graph, "down").map(({ text }) => text)).toContain("and 99,900 more");
    expect(lineageTree(graph, "up")).toHaveLength(1);
    expect(describeCut({ ...cut, reason: "depth", more: 1 })).toMatch(/--depth/);
    expect(describeCut({ ...cut, reason: "limit", more: 1 })).toMatch(/--limit/);
  });

  it("writes out what would move a cursor or turn the text round", () => {
    const builder = lineageBuilder();
    builder.add(content("a\u001b[2J\n\u202eb"));
    const graph = builder.graph([...builder.graph([]).nodes.keys()]);
    expect(lineageTree(graph, "up")[0]?.text).toBe(
      "a\\u{1b}[2J\\u{a}\\u{202e}b  sha256:0123456789ab",
    );
  });
});

describe("the origins of a lineage", () => {
  it("are data that nothing made, not what lies beyond a cut", () => {
    expect(originsOf(chain(3)).map(({ id }) => id)).toEqual(["content c0"]);
    const builder = lineageBuilder();
    builder.add(content("a"));
    builder.add(step("x"));
    builder.connect({ ...used, from: "content a", to: "step x" });
    builder.cut({ node: "content a", direction: "up", reason: "limit", more: 1 });
    expect(originsOf(builder.graph(["step x"]))).toEqual([]);
  });
});

describe("a lineage for Graphviz", () => {
  it("holds any name as text", () => {
    const builder = lineageBuilder();
    builder.add(content('a"]; evil [label="\\'));
    const id = [...builder.graph([]).nodes.keys()][0] as string;
    builder.add(step("x"));
    builder.connect({ ...used, from: id, to: "step x" });
    builder.cut({ node: id, direction: "up", reason: "fan", more: 2 });
    const lines = lineageDot(builder.graph([id])).split("\n");
    const text = /"(?:[^"\\]|\\.)*"/g;
    expect(lines.map((line) => line.replaceAll(text, "TEXT"))).toEqual([
      "digraph lineage {",
      "  rankdir=LR;",
      "  TEXT [label=TEXT, shape=box];",
      "  TEXT [label=TEXT, shape=ellipse];",
      "  TEXT -> TEXT [label=TEXT];",
      "  TEXT [label=TEXT, shape=plaintext];",
      "  TEXT -> TEXT;",
      "}",
    ]);
  });
});

describe("the id of a run for OpenLineage", () => {
  it("is a UUID, the same for the same run of the same workspace", () => {
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(runUuid("w", "taxi-1")).toMatch(uuid);
    expect(runUuid("w", "taxi-1")).toBe(runUuid("w", "taxi-1"));
    expect(new Set([runUuid("w", "a"), runUuid("v", "a"), runUuid("w", "b")]).size).toBe(3);
  });
});
