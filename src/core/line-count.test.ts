import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changedPaths } from "./changed-paths.ts";
import type { ContentId, ManifestEntry } from "./content.ts";
import { countLines } from "./line-count.ts";

describe("counting changed lines", () => {
  it.each([
    ["a\nb\n", "a\nb\n", 0, 0],
    ["a\nb\n", "a\nc\n", 1, 1],
    ["a\nb\nc\n", "a\nc\n", 0, 1],
    ["", "a\nb", 2, 0],
    ["x\ny\nz\n", "z\ny\nx\n", 2, 2],
  ])("%j → %j: +%i −%i", (before, after, added, removed) => {
    expect(countLines(before, after)).toEqual({ added, removed });
  });

  it("is right about its balance for any two texts, and symmetric", () => {
    const text = fc
      .array(fc.constantFrom("a", "b", "c"), { maxLength: 12 })
      .map((all) => all.join("\n"));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const there = countLines(before, after);
        const back = countLines(after, before);
        expect(back).toEqual({ added: there.removed, removed: there.added });
        const lines = (one: string): number => (one === "" ? 0 : one.split("\n").length);
        expect(there.added - there.removed).toBe(lines(after) - lines(before));
      }),
    );
  });

  it("counts a huge rewrite by the lines that both have", () => {
    const many = (from: number): string =>
      Array.from({ length: 4_000 }, (_, at) => `${from + at}`).join("\n");
    expect(countLines(`first\n${many(0)}\nend`, `other\n${many(1_000)}\nlast`)).toEqual({
      added: 1_002,
      removed: 1_002,
    });
  });
});

describe("changed paths", () => {
  const id = (text: string) => text as ContentId;
  const file = (path: string, content: string, executable = false): ManifestEntry => ({
    type: "file",
    path,
    size: 1,
    executable,
    id: id(content),
  });
  it("names what is new, gone, other bytes, other bit, other target, other kind", () => {
    const before: ManifestEntry[] = [
      file("same", "1"),
      file("bytes", "1"),
      file("bit", "1"),
      file("gone", "1"),
      file("kind", "1"),
      { type: "link", path: "link", target: "a" },
    ];
    const after: ManifestEntry[] = [
      file("same", "1"),
      file("bytes", "2"),
      file("bit", "1", true),
      file("new", "1"),
      { type: "folder", path: "kind" },
      { type: "link", path: "link", target: "b" },
    ];
    const changed = changedPaths({ format: 1, entries: before }, { format: 1, entries: after });
    expect(changed).toEqual(["bit", "bytes", "gone", "kind", "link", "new"]);
  });
});
