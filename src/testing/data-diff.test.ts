import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DataDifference } from "../operations/data/diff-data.ts";
import { makeRig, type Rig } from "./rig.ts";

// `data diff` as a person types it.

let rig: Rig;

beforeAll(() => {
  rig = makeRig("data-diff");
  fs.mkdirSync(rig.at(".git"));
  rig.write("a.csv", "id,fare,city\n1,2.5,Oslo\n2,3,Oslo\n3,4,Bergen\n");
  rig.write("b.csv", "id,fare,city,tip\n1,2.50,Oslo,1\n3,4.5,Bergen,1\n4,9,Oslo,\n");
  for (const name of ["a", "b"]) {
    rig.write(`${name}/t.csv`, rig.read(`${name}.csv`));
    rig.write(`${name}/only-${name}.txt`, name);
    rig.write(`${name}/same.txt`, "x");
    rig.write(`${name}/other.txt`, name);
  }
});

afterAll(() => rig.remove());

function diff(...words: readonly string[]): DataDifference {
  const done = rig.cli("data", "diff", ...words, "--json");
  expect([done.code, done.stderr]).toEqual([0, ""]);
  return JSON.parse(done.stdout);
}

describe("data diff", () => {
  it("tells columns and rows of two tables apart", () => {
    const { same, tables } = diff("a.csv", "b.csv");
    expect(same).toBe(false);
    expect(tables[0]).toMatchObject({
      columns: { added: [{ name: "tip", type: "integer" }], removed: [], changed: [] },
      rowCounts: [3, 3],
      key: ["id"],
      keyFrom: "guessed",
      rows: { added: 1, removed: 1, changed: 1, unchanged: 1, changedCells: { fare: 1 } },
    });
    const { stdout } = rig.cli("data", "diff", "a.csv", "b.csv");
    expect(stdout).toContain("columns +tip, 3 rows (1 added, 1 removed, 1 changed)");
    expect(stdout).toContain("~ id=3: fare 4 → 4.5");
  });

  it("knows the columns of a table without rows", () => {
    rig.write("rowless.csv", "id,fare,city\n");
    const { tables } = diff("rowless.csv", "a.csv", "--key", "id");
    expect(tables[0]).toMatchObject({
      columns: { added: [], removed: [], changed: [] },
      rowCounts: [0, 3],
      rows: { added: 3, removed: 0 },
    });
    const wrong = rig.cli("data", "diff", "rowless.csv", "a.csv", "--key", "tip");
    expect(wrong.stderr).toContain("no column tip is in both tables; in both are id, fare, city");
  });

  it("finds the same rows in another format", async () => {
    const { parquetWriteBuffer } = await import("hyparquet-writer");
    const columnData = [
      { name: "id", data: [3, 1, 2], type: "INT32" as const },
      { name: "fare", data: [4, 2.5, 3], type: "DOUBLE" as const },
      { name: "city", data: ["Bergen", "Oslo", "Oslo"], type: "STRING" as const },
    ];
    fs.writeFileSync(rig.at("a.parquet"), Buffer.from(parquetWriteBuffer({ columnData })));
    const { tables, same } = diff("a.csv", "a.parquet");
    expect([same, tables[0]?.rows?.unchanged, tables[0]?.same]).toEqual([false, 3, true]);
    expect(tables[0]?.columns.changed).toEqual([]);
  });

  it("tells the files of folders apart, and compares the tables among them", () => {
    const { files, tables } = diff("a", "b");
    expect(files).toEqual({
      added: [{ path: "only-b.txt", sizeBytes: 1 }],
      removed: [{ path: "only-a.txt", sizeBytes: 1 }],
      changed: [
        { path: "other.txt", sizes: [1, 1] },
        { path: "t.csv", sizes: [44, 56] },
      ],
      unchanged: 1,
    });
    expect(tables.map(({ file }) => file)).toEqual(["t.csv"]);
  });

  it("counts one row as one", () => {
    rig.write("one.csv", "id,fare\n1,2\n");
    rig.write("other.csv", "id,fare\n1,3\n");
    const { stdout } = rig.cli("data", "diff", "one.csv", "other.csv");
    expect(stdout).toContain("1 row (1 changed)");
  });

  it("says that nothing is different", () => {
    expect(diff("a", "a").same).toBe(true);
    expect(rig.cli("data", "diff", "a.csv", "a.csv").stdout).toContain("the same");
  });

  it("writes a page that holds nothing of others but text", () => {
    rig.write("bad.csv", "id,<b>fare\n1,<script>\n");
    expect(rig.cli("data", "diff", "a.csv", "bad.csv", "--html", "d.html").code).toBe(0);
    expect(rig.read("d.html")).not.toMatch(/<script|<b>/);
  });

  it.each([
    [["a.csv", "b"], 0, ""],
    [["a", "a/same.txt"], 2, "a folder"],
    [["a.csv", "b.csv", "--key", "nope"], 1, "no column nope is in both"],
    [["a.csv", "none.csv"], 2, "there is no data none.csv"],
  ] as const)("of %j ends with %i", (words, code, message) => {
    const done = rig.cli("data", "diff", ...words);
    expect([done.code, done.stderr]).toEqual([code, expect.stringContaining(message)]);
  });
});
