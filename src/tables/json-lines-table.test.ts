import { describe, expect, it } from "vitest";
import { endlessSource, memorySource } from "../testing/memory-source.ts";
import { jsonLinesTable } from "./json-lines-table.ts";
import { Findings, type TableRow } from "./table.ts";
import { typedColumns } from "./value-kind.ts";

async function read(text: string, invalidLines: "error" | "drop" | "tell" = "tell") {
  const findings = new Findings();
  const table = jsonLinesTable(memorySource(text), { encoding: null, invalidLines }, findings);
  const rows: TableRow[] = [];
  for await (const piece of table.rows) rows.push(...piece);
  return { table, rows, notes: findings.notes() };
}

describe("a table of JSON lines", () => {
  it("has a column for each key, as they come up", async () => {
    const { table, rows } = await read(
      '{"a":1}\r\n\n{"b":[1,{"c":"x"}],"a":null}\n{"__proto__":1}',
    );
    expect(table.columns.map(({ name }) => name)).toEqual(["a", "b", "__proto__"]);
    expect(rows).toEqual([[1], [null, '[1,{"c":"x"}]'], [undefined, undefined, 1]]);
  });

  it("takes a number in quotes for a text, and a date for a date", async () => {
    const { table, rows } = await read('{"n":"1","d":"2024-01-02","x":1}\n{"n":"2","x":1.5}\n');
    expect(typedColumns(table, rows).map(({ type }) => type)).toEqual(["text", "date", "number"]);
  });

  it("tells, drops or refuses a bad line", async () => {
    const text = '{"a":1}\n{"a":\n[1]\n{"a":2}\n';
    const told = await read(text);
    expect(told.rows).toEqual([[1], [2]]);
    expect(told.notes).toEqual([
      "a line is not JSON, and is left out: line 2",
      "a line is no JSON object, and is left out: line 3",
    ]);
    expect((await read(text, "drop")).notes).toEqual([]);
    await expect(read(text, "error")).rejects.toThrow("line 2 is not JSON");
  });

  it("survives a line that is nested a million times", async () => {
    const deep = `{"a":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}`;
    const { rows, notes } = await read(`${deep}\n{"a":1}\n`);
    // Node 26 reads even that; the versions before it have no room for it.
    const isRead = isReadable(deep);
    expect(rows).toHaveLength(isRead ? 2 : 1);
    expect(rows.at(-1)?.map(Number)).toEqual([1]);
    expect(notes).toEqual(isRead ? [] : [expect.stringMatching(/line 1$/)]);
  });

  it("refuses a line of a gigabyte long before its end", async () => {
    const source = endlessSource('{"a":"', "x".repeat(1 << 20), 1024);
    const table = jsonLinesTable(source, { encoding: null, invalidLines: "tell" }, new Findings());
    await expect(table.rows[Symbol.asyncIterator]().next()).rejects.toThrow("line 1 has more than");
  });
});

function isReadable(text: string): boolean {
  try {
    JSON.stringify(JSON.parse(text));
    return true;
  } catch {
    return false;
  }
}
