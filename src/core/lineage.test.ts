import { describe, expect, it } from "vitest";
import {
  isFromOutside,
  type LineageEdge,
  type LineageNode,
  lineageBuilder,
  outputName,
  stepRunId,
} from "./lineage.ts";
import { lineageDot } from "./lineage-dot.ts";
import { originsOf } from "./lineage-roots.ts";
import { describeCut, describeNode, indented, lineageTree } from "./lineage-tree.ts";
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

describe("a node of a lineage", () => {
  const contentId = "sha256:0123456789abcdef";
  const removed = { at: 0, by: "ann", reason: "old" };
  const output = {
    kind: "output",
    id: "o",
    run: "p-1",
    step: "train",
    seq: 3,
    output: "model",
    type: "uri_folder",
    contentId,
    path: "/o",
    sizeBytes: 1,
    files: 1,
    removed: null,
  } as const;
  const asset = {
    kind: "model",
    id: "m",
    name: "trees",
    version: "2",
    contentId,
    type: "custom_model",
    from: "/o",
    created: "2026-03-01T10:00:00.000Z",
    createdBy: "ann",
    removed: null,
  } as const;

  it.each<[LineageNode, string]>([
    [{ ...step("p-1"), step: "." } as LineageNode, "the step of p-1, 2026-03-01 10:00"],
    [output, "p-1.train.model  sha256:0123456789ab"],
    [
      { ...output, step: ".", removed },
      "p-1.model  sha256:0123456789ab, removed by ann on 1970-01-01: old",
    ],
    [asset, "model trees:2  sha256:0123456789ab"],
    [
      { ...asset, kind: "data", removed },
      "data trees:2  sha256:0123456789ab, removed by ann on 1970-01-01: old",
    ],
    [{ kind: "content", id: "c", contentId, written: null }, "sha256:0123456789ab"],
    [{ kind: "code", id: "code c", contentId }, "code sha256:0123456789ab"],
    [{ kind: "environment", id: "environment e", contentId }, "environment sha256:0123456789ab"],
    [{ kind: "run", id: "run p-1", name: "p-1" }, "run p-1"],
  ])("%j is described as %s", (node, text) => {
    expect(describeNode(node)).toBe(text);
  });

  it("has the names that commands take", () => {
    expect(stepRunId({ run: "p-1", seq: 3 }, "train")).toBe("step_run p-1.train #3");
    expect(stepRunId({ run: "p-1", seq: 3 }, ".")).toBe("step_run p-1 #3");
    expect(outputName("p-1", ".", "o")).toBe("p-1.o");
    const id = contentId as never;
    expect(isFromOutside({ id, written: "./in", asset: null })).toBe(true);
    expect(isFromOutside({ id, from: { run: "p-1", seq: 3, output: "o" } })).toBe(false);
  });

  it.each<[LineageEdge["kind"], string | null, string, string]>([
    ["made", "out", "made by ", "made "],
    ["used", "in", "read in: ", "read as in by "],
    ["registered_as", null, "registered from ", "registered as "],
    ["same_bytes", null, "the same bytes as ", "the same bytes as "],
  ])("is reached by an edge %s in the words of each way", (kind, name, up, down) => {
    const builder = lineageBuilder();
    for (const text of ["a", "b"]) expect(builder.add(content(text))).toBe(true);
    expect(builder.add(content("a"))).toBe(false);
    builder.connect({ kind, name, from: "content a", to: "content b" });
    const second = (root: string, way: "up" | "down"): string | undefined =>
      lineageTree(builder.graph([root]), way)[1]?.text;
    expect(second("content b", "up")).toBe(`${up}a  sha256:0123456789ab`);
    expect(second("content a", "down")).toBe(`${down}b  sha256:0123456789ab`);
  });

  it("leaves the tree where it is not there, and where it is code or a run", () => {
    const builder = lineageBuilder();
    builder.add(step("r"));
    builder.add({ kind: "code", id: "code c", contentId });
    builder.add({ kind: "run", id: "run r", name: "r" });
    builder.connect({ kind: "used", name: null, from: "code c", to: "step r" });
    builder.connect({ kind: "part_of", name: null, from: "step r", to: "run r" });
    const graph = builder.graph(["step r", "content gone"]);
    expect(lineageTree(graph, "up")).toHaveLength(1);
    expect(lineageTree(graph, "down")).toHaveLength(1);
  });
});

describe("the origins of a lineage", () => {
  it("are named versions before plain paths, and what was asked for though nothing read it", () => {
    const builder = lineageBuilder();
    const data = {
      kind: "data",
      name: "t",
      version: "1",
      contentId: "sha256:0",
      type: "uri_file",
      from: "/t",
      created: "",
      createdBy: "ann",
      removed: null,
    } as const;
    for (const node of [content("b"), content("a"), content("unread"), step("x")])
      builder.add(node);
    builder.add({ ...data, id: "data t:1" });
    for (const from of ["content b", "content a", "data t:1"])
      builder.connect({ ...used, from, to: "step x" });
    const ids = originsOf(builder.graph(["step x"])).map(({ id }) => id);
    expect(ids).toEqual(["data t:1", "content a", "content b"]);
    const alone = originsOf(builder.graph(["content unread"])).map(({ id }) => id);
    expect(alone).toContain("content unread");
  });

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
  it("shows runs, code and environments apart, and says what it leaves out below", () => {
    const builder = lineageBuilder();
    const contentId = "sha256:0123456789abcdef";
    builder.add({ kind: "code", id: "code c", contentId });
    builder.add({ kind: "run", id: "run r", name: "r" });
    builder.connect({ kind: "same_bytes", name: null, from: "code c", to: "run r" });
    builder.connect({ kind: "used", name: null, from: "code c", to: "run r" });
    builder.cut({ node: "run r", direction: "down", reason: "fan", more: 2 });
    expect(
      lineageDot(builder.graph(["run r"]))
        .split("\n")
        .slice(2, -1),
    ).toEqual([
      '  "code c" [label="code sha256:0123456789ab", shape=note, style=dashed];',
      '  "run r" [label="run r", shape=folder, style=dashed];',
      '  "code c" -> "run r" [label="same bytes"];',
      '  "code c" -> "run r" [label=""];',
      '  "more 0" [label="and 2 more", shape=plaintext];',
      '  "run r" -> "more 0";',
    ]);
  });

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
