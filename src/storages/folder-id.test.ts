import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { ContentId, ManifestEntry } from "../core/content.ts";
import { bytesId, folderId, sortByBytes } from "./folder-id.ts";

const document = readFileSync(
  new URL("../../docs/reference/content-id.md", import.meta.url),
  "utf8",
);

/** The fenced JSON block of the document: name, entries, id. */
const vectors = JSON.parse(/```json\n([\s\S]*?)```/.exec(document)?.[1] ?? "[]") as {
  readonly name: string;
  readonly entries: readonly ManifestEntry[];
  readonly id: string;
}[];

for (const { name, entries, id } of vectors) {
  it(`gives the documented id: ${name}`, () => {
    expect(folderId(entries)).toBe(id);
  });
}

it("has test vectors in its documentation", () => {
  expect(vectors.length).toBeGreaterThanOrEqual(6);
});

it("gives the documented id of a file", () => {
  expect(document).toContain(bytesId("hello\n"));
});

it("does not depend on the order of folders among files", () => {
  const file = (path: string): ManifestEntry => ({
    type: "file",
    path,
    size: 1,
    executable: false,
    id: bytesId(path),
  });
  const byPath = ["a-b", "a/x", "a/y", "b"].map(file);
  const asWalked = ["a/x", "a/y", "a-b", "b"].map(file);
  expect(folderId(asWalked)).toBe(folderId(byPath));
});

it("tells a file from a folder, a link and an executable of the same name and bytes", () => {
  const id = bytesId("x") as ContentId;
  const kinds: ManifestEntry[][] = [
    [{ type: "file", path: "a", size: 1, executable: false, id }],
    [{ type: "file", path: "a", size: 1, executable: true, id }],
    [{ type: "link", path: "a", target: "x" }],
    [{ type: "folder", path: "a" }],
    [{ type: "file", path: "a/a", size: 1, executable: false, id }],
    [],
  ];
  expect(new Set(kinds.map((entries) => folderId(entries))).size).toBe(kinds.length);
});

it("sorts names by bytes, not by UTF-16 units", () => {
  const names = ["\u{1f989}", "\ufb01", "z", "Z", "é"];
  expect(sortByBytes([...names], (name) => name)).toEqual(["Z", "z", "é", "\ufb01", "\u{1f989}"]);
});
