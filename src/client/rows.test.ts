import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvRows } from "./rows.ts";

const rows = (text: string): unknown => csvRows(text, "table.csv");

describe("records of a CSV text", () => {
  it("have one value a column, numbers where every cell of the column is one", () => {
    expect(rows("name,score,id\nnorth,0.5,007\nsouth,-1e3,12\n")).toEqual([
      { name: "north", score: 0.5, id: "007" },
      { name: "south", score: -1000, id: "12" },
    ]);
  });

  it("have null for an empty cell, and a column of empty cells has no numbers", () => {
    expect(rows("a,b\n1,\n,\n")).toEqual([
      { a: 1, b: null },
      { a: null, b: null },
    ]);
  });

  it("keep commas, quotes and line ends inside of quotes", () => {
    expect(rows('a,b\r\n"1, ""x""\n2",y\r\n')).toEqual([{ a: '1, "x"\n2', b: "y" }]);
  });

  it("keep whole numbers that a number cannot hold as texts", () => {
    expect(rows("id\n12345678901234567890\n")).toEqual([{ id: "12345678901234567890" }]);
  });

  it("take a byte order mark, no last line end and old Mac's line ends", () => {
    expect(rows("\uFEFFa,b\r1,2\r3,")).toEqual([
      { a: 1, b: 2 },
      { a: 3, b: null },
    ]);
  });

  it("are none in an empty file", () => {
    expect(rows("")).toEqual([]);
    expect(rows("a,b\n")).toEqual([]);
  });

  it("are refused where a record has other cells than the head, or a quote has no end", () => {
    expect(() => rows("a,b\n1\n")).toThrow("record 1 has 1 cells, and the head has 2");
    expect(() => rows('a,b\n1,"x\n')).toThrow("quotes that open in line 2");
  });

  it("are those that were written, whatever the cells hold", () => {
    const cell = fc.string({ unit: "grapheme" }).filter((text) => text !== "");
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (cells) => {
        const quoted = (text: string): string => `"x${text.replaceAll('"', '""')}"`;
        const lines = cells.map((line) => line.map(quoted).join(","));
        const read = rows(`a,b\n${lines.join("\n")}\n`);
        expect(read).toEqual(cells.map(([a, b]) => ({ a: `x${a}`, b: `x${b}` })));
      }),
    );
  });
});
