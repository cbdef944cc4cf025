import zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endlessSource, memorySource } from "../testing/memory-source.ts";
import { CsvRecords } from "./csv-records.ts";
import { type CsvSettings, csvTable, USUAL_CSV } from "./csv-table.ts";
import { Findings, type TableRow } from "./table.ts";
import { typedColumns } from "./value-kind.ts";

async function read(
  content: string | Uint8Array,
  settings: Partial<CsvSettings> = {},
  name = "data.csv",
) {
  const findings = new Findings();
  const source = memorySource(content, { name });
  const table = await csvTable(source, { ...USUAL_CSV, ...settings }, findings);
  const rows: TableRow[] = [];
  for await (const piece of table.rows) rows.push(...piece);
  return { names: table.columns.map((one) => one.name), rows, notes: findings.notes(), table };
}

const quoted = (cell: string | null): string =>
  cell === null ? "" : `"${cell.replaceAll('"', '""')}"`;

describe("a table of separated values", () => {
  it("is what was written, however its bytes arrive", async () => {
    const cell = fc.oneof(
      fc.constant(null),
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("", '"', "\n", "\r\n", ",", '""', " x "),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell, cell), { maxLength: 6 }),
        fc.constantFrom("\n", "\r\n"),
        fc.constantFrom(",", ";", "\t"),
        async (rows, end, delimiter) => {
          const lines = [["a", "b", "c"], ...rows].map((row) => row.map(quoted).join(delimiter));
          const found = await read(lines.join(end) + end, { delimiter });
          expect(found.rows).toEqual(rows);
          const records = new CsvRecords("", { delimiter, isMultiLine: true });
          const letters = [...lines.join(end)].flatMap((letter) => records.push(letter));
          const cells = [...letters, ...records.end()].map((record) => record.cells);
          expect(cells.slice(1)).toEqual(rows);
          expect(found.notes).toEqual([]);
        },
      ),
    );
  });

  it.each([
    ["a,b\n1,2\n", ["a", "b"]],
    ["a;b\n1,5;2\n", ["a", "b"]],
    ["a|b\n1|2\n", ["a", "b"]],
    ["a\tb\n1\t2\n", ["a", "b"]],
    ["a\nx, y\n", ["a"]],
  ])("finds out what separates %j", async (text, names) => {
    expect((await read(text)).names).toEqual(names);
  });

  it("is read in each encoding that it may have", async () => {
    const text = "name,n\nÄnne,1\n";
    const utf16 = Buffer.from(`\uFEFF${text}`, "utf16le");
    for (const bytes of [Buffer.from(text), Buffer.from(`\uFEFF${text}`), utf16])
      expect((await read(bytes)).rows).toEqual([["Änne", "1"]]);
    const old = await read(Buffer.from(text, "latin1"));
    expect(old.rows).toEqual([["Änne", "1"]]);
    expect(old.notes).toEqual(["the text is no UTF-8; it was read as Windows-1252"]);
    expect((await read(zlib.gzipSync(text))).rows).toEqual([["Änne", "1"]]);
  });

  it("tells the lines of rows that are too long or too short", async () => {
    const { rows, notes } = await read('a,b\n1\n"x\ny",2,3\n4,5\n6\n');
    expect(rows).toEqual([["1"], ["x\ny", "2"], ["4", "5"], ["6"]]);
    expect(notes).toEqual([
      "a row has fewer cells than the head: lines 2, 6 (2 in all)",
      "a row has more cells than the head: line 3",
    ]);
  });

  it("keeps a letter behind quotes, names what has no name, and makes names differ", async () => {
    const { names, rows } = await read('a,,a\n"x"y,"",\n');
    expect(names).toEqual(["a", "Column2", "a_2"]);
    expect(rows).toEqual([["xy", "", null]]);
  });

  it("ends a row inside of quotes where an MLTable file says so", async () => {
    const { rows } = await read('a,b\n"x\ny",2\n', { isMultiLine: false });
    expect(rows).toEqual([["x"], ['y"', "2"]]);
  });

  it("has no head where it is said to have none", async () => {
    const { names, rows } = await read("1,2\n3,4\n", { hasHead: false });
    expect(names).toEqual(["Column1", "Column2"]);
    expect(rows).toEqual([
      ["1", "2"],
      ["3", "4"],
    ]);
  });

  it("has types by how all of its values are written", async () => {
    const head = "int,num,bool,day,moment,zip,mixed,none\n";
    const { table, rows } = await read(
      `${head}1,1.5,true,2024-02-01,2024-02-01T10:00:00Z,01234,1,\n-2,3e4,FALSE,2023-12-31,2024-02-01 10:00,99999,x,\n`,
    );
    expect(typedColumns(table, rows).map(({ type }) => type)).toEqual([
      "integer",
      "number",
      "boolean",
      "date",
      "datetime",
      "text",
      "text",
      null,
    ]);
  });
});

describe("a table that means harm", () => {
  it.each([
    ["a quote that nothing closes", 'a\n"x\n', "line 2 are never closed"],
    ["no text at all", "", "is empty"],
  ])("is refused: %s", async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it.each([
    ["ten million columns", "", "a,".repeat(50_000), 200, "more than 10000 cells"],
    ["a line of a gigabyte", "a,b\n", "x".repeat(1 << 20), 1024, "line 2 has more than"],
    ["a quoted cell of a gigabyte", 'a,b\n"', "x\n".repeat(1 << 19), 1024, "line 2 has more than"],
  ])("is refused long before its end: %s", async (_, head, piece, pieces, message) => {
    const before = process.memoryUsage.rss();
    const all = async (): Promise<void> => {
      const source = endlessSource(head, piece, pieces);
      const table = await csvTable(source, { ...USUAL_CSV, delimiter: "," }, new Findings());
      for await (const piece of table.rows) expect(piece.length).toBeGreaterThan(0);
    };
    await expect(all()).rejects.toThrow(message);
    expect(process.memoryUsage.rss() - before).toBeLessThan(300 << 20);
  });

  it("does not unpack more than is asked for", async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(200 << 20, "x"));
    await expect(read(bomb)).rejects.toThrow("letters");
  });
});
