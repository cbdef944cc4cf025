import { describe, expect, it } from "vitest";
import { loadMlTable } from "../spec/mltable/load-mltable.ts";
import type { MlTable } from "../spec/mltable/mltable.ts";
import { memorySource } from "../testing/memory-source.ts";
import { mlTable } from "./mltable-table.ts";
import { Findings, type TableRow } from "./table.ts";

type Files = Readonly<Record<string, string>>;

const TWO: Files = { "/p/2023/de/a.csv": "x,y\n1,a\n2,b\n", "/p/2024/fr/b.csv": "x,y\n3,c\n4,\n" };

async function read(transformations: string, files: Files = TWO) {
  const text = `paths: [{folder: .}]\ntransformations:\n${transformations}`;
  const { table, problems } = loadMlTable(text, "MLTable");
  expect(problems).toEqual([]);
  const opened = Object.entries(files).map(([path, content]) => ({
    path,
    source: memorySource(content, { name: path }),
  }));
  const made = await mlTable(table as MlTable, opened, new Findings());
  const rows: TableRow[] = [];
  for await (const piece of made.rows) rows.push(...piece);
  return { names: made.columns.map(({ name }) => name), types: made.columns, rows };
}

const HEADS = "  - read_delimited: {header: all_files_same_headers}\n";

describe("a table by an MLTable file", () => {
  it("is all of its files", async () => {
    const { names, rows } = await read(HEADS);
    expect(names).toEqual(["x", "y"]);
    expect(rows).toEqual([
      ["1", "a"],
      ["2", "b"],
      ["3", "c"],
      ["4", null],
    ]);
  });

  it.each([
    ["no_header", ["Column1", "Column2"], 6],
    ["from_first_file", ["x", "y"], 5],
    ["all_files_same_headers", ["x", "y"], 4],
    ["all_files_different_headers", ["x", "y"], 4],
  ])("has the head %s means", async (header, names, count) => {
    const found = await read(`  - read_delimited: {header: ${header}}\n`);
    expect([found.names, found.rows.length]).toEqual([names, count]);
  });

  it("joins files with other columns by their names", async () => {
    const { names, rows } = await read(
      "  - read_delimited: {header: all_files_different_headers}\n",
      { "/a": "x,y\n1,2\n", "/b": "y,z\n3,4\n" },
    );
    expect(names).toEqual(["x", "y", "z"]);
    expect(rows).toEqual([
      ["1", "2"],
      [null, "3", "4"],
    ]);
  });

  it.each([
    ['"col(\\"x\\") > 1 and y != \'b\'"', ["3", "4"]],
    ['"x == 1 or y == None"', ["1", "4"]],
    ['"not (x >= 2)"', ["1"]],
    ["\"y <= 'b'\"", ["1", "2"]],
  ])("keeps the rows that the filter %s holds for", async (filter, kept) => {
    const { rows } = await read(`${HEADS}  - filter: ${filter}\n`);
    expect(rows.map(([x]) => x)).toEqual(kept);
  });

  it("does one thing after the other", async () => {
    const steps = "  - skip: 1\n  - take: 2\n  - drop_columns: y\n";
    expect((await read(HEADS + steps)).rows).toEqual([["2"], ["3"]]);
    expect((await read(`${HEADS}  - keep_columns: [y]\n  - take: 0\n`)).rows).toEqual([]);
  });

  it("takes the same sample every time, and another with another seed", async () => {
    const many = { "/a": `x\n${Array.from({ length: 1000 }, (_, at) => at).join("\n")}\n` };
    const sample = (seed: number) =>
      read(`${HEADS}  - take_random_sample: {probability: 0.1, seed: ${seed}}\n`, many);
    const first = await sample(1);
    expect(first.rows.length).toBeGreaterThan(60);
    expect(first.rows.length).toBeLessThan(140);
    expect((await sample(1)).rows).toEqual(first.rows);
    expect((await sample(2)).rows).not.toEqual(first.rows);
  });

  it("turns values into other types; what cannot be is missing", async () => {
    const types = [
      "  - convert_column_types:",
      "      - {columns: n, column_type: int}",
      "      - {columns: b, column_type: {boolean: {true_values: [ja], false_values: [nein]}}}",
      "      - {columns: d, column_type: {datetime: {formats: ['%d.%m.%Y', '%Y']}}}",
      "",
    ].join("\n");
    const files = { "/a": "n,b,d\n7,ja,31.01.2024\n7.9,nein,2020\nx,1,31.02.2024\n" };
    const { rows, types: columns } = await read(HEADS + types, files);
    expect(columns.map(({ type }) => type)).toEqual(["integer", "boolean", "datetime"]);
    expect(rows).toEqual([
      [7, true, "2024-01-31T00:00:00"],
      [7, false, "2020-01-01T00:00:00"],
      [null, null, null],
    ]);
  });

  it("has columns of the path, and the path itself", async () => {
    const { names, rows } = await read(
      "  - read_delimited: {header: all_files_same_headers, path_column: from}\n" +
        "  - extract_columns_from_partition_format: {partition_format: '/{when:yyyy}/{land}/*.csv'}\n" +
        "  - take: 3\n",
    );
    expect(names).toEqual(["when", "land", "from", "x", "y"]);
    expect(rows[0]).toEqual(["2023-01-01T00:00:00", "de", "/p/2023/de/a.csv", "1", "a"]);
    expect(rows[2]?.slice(0, 2)).toEqual(["2024-01-01T00:00:00", "fr"]);
  });

  it("reads JSON lines, and refuses or drops bad ones as it says", async () => {
    const files = { "/a": '{"x":1}\n{"x"\n{"x":2,"y":3}\n' };
    const lines = "  - read_json_lines: {invalid_lines: drop}\n";
    expect((await read(lines, files)).rows).toEqual([
      [1, null],
      [2, 3],
    ]);
    await expect(read("  - read_json_lines: {invalid_lines: error}\n", files)).rejects.toThrow(
      "line 2",
    );
  });

  it("is a table of paths where nothing says how to read them", async () => {
    expect((await read("  - take: 1\n")).rows).toEqual([["/p/2023/de/a.csv"]]);
  });

  it("is refused where it names a column that is not there", async () => {
    await expect(read(`${HEADS}  - keep_columns: z\n`)).rejects.toThrow("there are x, y");
    await expect(read(`${HEADS}  - filter: "z > 1"\n`)).rejects.toThrow("a column z");
  });
});
