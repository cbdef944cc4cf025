import { describe, expect, it } from "vitest";
import { graphSvg } from "./graph-svg.ts";
import { placeNodes } from "./layers.ts";
import { metricsSvg, previewHtml, tableHtml } from "./tables.ts";

const node = (name: string, after: readonly string[] = [], state: string | null = null) => ({
  name,
  after,
  state,
  note: null,
});

describe("where nodes stand", () => {
  it("is behind everything that they come after", () => {
    const { places } = placeNodes([
      node("d", ["b", "c"]),
      node("b", ["a"]),
      node("c", ["b"]),
      node("a"),
    ]);
    expect([..."abcd"].map((name) => places.get(name)?.layer)).toEqual([0, 1, 2, 3]);
  });

  it("is a place of its own for each, also in a wide layer, in a cycle and with names that are not there", () => {
    const wide = Array.from({ length: 50 }, (_, index) => node(`n${index}`, ["root", "nobody"]));
    const { places } = placeNodes([node("root"), ...wide, node("x", ["y"]), node("y", ["x"])]);
    const taken = [...places.values()].map(({ layer, row }) => `${layer} ${row}`);
    expect(new Set(taken).size).toBe(53);
  });

  it("keeps apart what does not belong together: no arrows cross that need not", () => {
    const { places } = placeNodes([
      node("a"),
      node("b"),
      node("after_b", ["b"]),
      node("after_a", ["a"]),
    ]);
    const above = (one: string, other: string): boolean =>
      (places.get(one)?.row ?? 0) < (places.get(other)?.row ?? 0);
    expect(above("a", "b")).toBe(above("after_a", "after_b"));
  });
});

describe("an arrow over several layers", () => {
  it("has places of its own in between, so that it goes past every box", () => {
    const { places, arrows } = placeNodes([
      node("a"),
      node("b", ["a"]),
      node("c", ["b"]),
      node("d", ["c", "a"]),
    ]);
    const long = arrows.find(({ way }) => way.length === 4)?.way ?? [];
    expect(long.map(({ layer }) => layer)).toEqual([0, 1, 2, 3]);
    const taken = new Set(
      ["b", "c"].map((name) => `${places.get(name)?.layer} ${places.get(name)?.row}`),
    );
    for (const { layer, row } of long.slice(1, 3)) expect(taken.has(`${layer} ${row}`)).toBe(false);
  });
});

describe("a graph as a picture", () => {
  it("has a box for each step, an arrow for each order, and the state as a colour", () => {
    const svg = graphSvg([
      node("a", [], "Completed"),
      node("b", ["a"], "Failed"),
      node("c", ["a"]),
    ]);
    expect(svg.match(/<rect/g)).toHaveLength(3);
    expect(svg.match(/marker-end/g)).toHaveLength(2);
    expect(svg).toContain("#fbdada");
    expect(svg).toContain("<title>a: Completed</title>");
  });

  it("takes names as text, and counts what it does not draw", () => {
    const svg = graphSvg([node('<script>"&')]);
    expect(svg).toContain("&lt;script&gt;&quot;&amp;");
    expect(svg).not.toContain("<script>");
    const many = graphSvg(Array.from({ length: 1_000 }, (_, index) => node(`n${index}`)));
    expect(many).toContain("and 600 more steps");
  });
});

describe("tables and charts", () => {
  it("escape what they show, and count the rest", () => {
    const rows = Array.from({ length: 300 }, (_, index) => [`<b>${index}`]);
    const html = tableHtml(["n"], rows, "c");
    expect(html).toContain("&lt;b&gt;0");
    expect(html).toContain("and 100 more");
  });

  it("show data by all keys that rows have", () => {
    const html = previewHtml([{ a: 1 }, { b: null, a: "x" }]);
    expect(html.match(/<th /g)).toHaveLength(2);
  });

  it("draw a bar for each finite metric", () => {
    const svg = metricsSvg({ auc: 0.9, loss: -0.1, nope: Number.NaN });
    expect(svg.match(/<rect/g)).toHaveLength(2);
  });
});
