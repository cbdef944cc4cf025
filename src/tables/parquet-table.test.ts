import { describe, expect, it } from "vitest";
import { memorySource } from "../testing/memory-source.ts";
import { firstRows, openTable } from "./open-table.ts";
import { Findings, type TableRow } from "./table.ts";

const COUNT = 60_000;

async function written(rowGroupSize: number): Promise<Uint8Array<ArrayBuffer>> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const numbers = Array.from({ length: COUNT }, (_, at) => at);
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: "id", data: numbers, type: "INT32" },
      {
        name: "text",
        data: numbers.map((at) => `${at}:${"é".repeat(at % 40)}${Math.sin(at)}`),
        type: "STRING",
      },
      { name: "when", data: numbers.map((at) => new Date(at * 1000)), type: "TIMESTAMP" },
      { name: "maybe", data: numbers.map((at) => (at % 3 === 0 ? null : at / 2)), type: "DOUBLE" },
    ],
    rowGroupSize,
    pageSize: 1 << 15,
  });
  return new Uint8Array(buffer);
}

const whole = await written(COUNT);
const inGroups = await written(7_000);

describe("a Parquet table", () => {
  it.each([[whole], [inGroups]])("has all rows in their order", async (bytes) => {
    const table = await openTable(memorySource(bytes), "parquet", new Findings(), null);
    expect(table.rowCount).toBe(COUNT);
    expect(table.columns.map(({ type }) => type)).toEqual([
      "integer",
      "text",
      "datetime",
      "number",
    ]);
    const rows: TableRow[] = [];
    for await (const piece of table.rows) rows.push(...piece);
    expect(rows.length).toBe(COUNT);
    expect(rows.every(([id], at) => id === at)).toBe(true);
    expect(rows[50_001]?.slice(2)).toEqual(["1970-01-01T13:53:21Z", null]);
  });

  it("shows its first rows for a fraction of its bytes", async () => {
    const source = memorySource(whole);
    const table = await openTable(source, "parquet", new Findings(), 10);
    const { rows, hasMore } = await firstRows(table, 10);
    expect([rows.length, hasMore, rows[9]?.[0]]).toEqual([10, true, 9]);
    expect(source.sizeBytes).toBeGreaterThan(2_000_000);
    expect(source.bytesRead()).toBeLessThan(source.sizeBytes / 2);
  });

  it("reads lists that have no index of pages, and the first of them from the beginning", async () => {
    const source = memorySource(await lists());
    const table = await openTable(source, "parquet", new Findings(), 3);
    expect((await firstRows(table, 3)).rows[2]).toEqual([2, '["tag 15838","x"]']);
    expect(source.bytesRead()).toBeLessThan(source.sizeBytes / 2);
    const whole = await openTable(memorySource(await lists()), "parquet", new Findings(), null);
    const rows: TableRow[] = [];
    for await (const piece of whole.rows) rows.push(...piece);
    expect(rows.length).toBe(LISTS);
    expect(rows.every(([id, tags], at) => id === at && tags === tagsText(at))).toBe(true);
  });

  async function readAll(bytes: Uint8Array): Promise<void> {
    const source = memorySource(bytes, { name: "x.parquet" });
    const table = await openTable(source, "parquet", new Findings(), null);
    for await (const piece of table.rows) expect(piece.length).toBeGreaterThan(0);
  }

  it("is refused when it is cut off anywhere", async () => {
    for (const share of [0, 0.001, 0.3, 0.9, 0.9999])
      await expect(readAll(whole.slice(0, Math.floor(whole.length * share)))).rejects.toThrow(
        "x.parquet cannot be read as Parquet",
      );
  });

  it("is refused when its beginning is gone and its footer still promises it", async () => {
    await expect(readAll(whole.slice(whole.length / 2))).rejects.toThrow("cannot be read");
    const zeroed = Uint8Array.from(whole);
    zeroed.fill(0, 4, whole.length - 3_000);
    await expect(readAll(zeroed)).rejects.toThrow("cannot be read");
  });

  it("is refused when its footer has more bytes than the file", async () => {
    const lying = Uint8Array.from(whole);
    new DataView(lying.buffer).setUint32(lying.length - 8, 0x7fffffff, true);
    await expect(readAll(lying)).rejects.toThrow("footer would have 2147483647 bytes");
  });

  it("is refused when its footer promises rows that are not there", async () => {
    const { parquetMetadata } = await import("hyparquet");
    const footer = parquetMetadata(whole.buffer as ArrayBuffer);
    expect(Number(footer.num_rows)).toBe(COUNT);
    const lying = Uint8Array.from(whole);
    const tail = lying.subarray(-3_000);
    // The count as the footer writes it, in each place where it does: twice as many.
    const [old, more] = [zigzag(COUNT), zigzag(COUNT * 2 - 1)];
    let changed = 0;
    for (let at = 0; at < tail.length - old.length; at += 1)
      if (old.every((byte, index) => tail[at + index] === byte)) {
        tail.set(more, at);
        changed += 1;
      }
    expect(changed).toBeGreaterThan(1);
    await expect(readAll(lying)).rejects.toThrow("promises more rows");
  });
});

const LISTS = 200_000;

function tagsText(at: number): string {
  return JSON.stringify([`tag ${(at * 7919) % LISTS}`, "x"]);
}

async function lists(): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const ids = Array.from({ length: LISTS }, (_, at) => at);
  const tags = ids.map((at) => JSON.parse(tagsText(at)) as string[]);
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: "id", data: ids, offsetIndex: false },
      { name: "tags", data: tags, offsetIndex: false },
    ],
    schema: [
      { name: "root", num_children: 2 },
      { name: "id", type: "INT32", repetition_type: "OPTIONAL" },
      { name: "tags", repetition_type: "OPTIONAL", converted_type: "LIST", num_children: 1 },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      { name: "element", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
    ],
    rowGroupSize: LISTS,
    pageSize: 1 << 15,
  });
  return new Uint8Array(buffer);
}

function zigzag(count: number): number[] {
  const bytes: number[] = [];
  for (let rest = count * 2; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}
