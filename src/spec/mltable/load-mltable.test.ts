import { describe, expect, it } from "vitest";
import { parseFilter } from "./filter-expression.ts";
import { loadMlTable } from "./load-mltable.ts";

// The subset of MLTable that is read, and that nothing outside of it is passed over.

const load = (text: string) => loadMlTable(text, "/t/MLTable");

const PATHS = "paths: [{file: ./a.csv}]\n";

describe("an MLTable file", () => {
  it("is read with everything that makes its table", () => {
    const { table, problems } = load(`
$schema: https://azuremlschemas.azureedge.net/latest/MLTable.schema.json
type: mltable
paths:
  - file: ./a.csv
  - folder: ./more
  - pattern: ./year=*/*.csv
transformations:
  - read_delimited: {delimiter: "\\t", encoding: utf-8, header: no_header, include_path_column: true}
  - extract_columns_from_partition_format: {partition_format: "/year={year}/"}
  - convert_column_types:
      - {columns: [a, b], column_type: float}
      - columns: when
        column_type: {datetime: {formats: ["%Y-%m-%d"]}}
      - columns: ok
        column_type: {boolean: {false_values: ["no"], true_values: ["yes"]}}
  - keep_columns: [a, b]
  - drop_columns: c
  - filter: 'col("a") > 3 and not (b == "x" or ok == true)'
  - take_random_sample: {probability: 0.5, seed: 7}
  - skip: 1
  - take: 10
`);
    expect(problems).toEqual([]);
    expect(table?.paths.map((one) => one.kind)).toEqual(["file", "folder", "pattern"]);
    expect(table?.transformations.map((one) => one.kind)).toEqual([
      "read_delimited",
      "extract_columns_from_partition_format",
      "convert_column_types",
      "keep_columns",
      "drop_columns",
      "filter",
      "take_random_sample",
      "skip",
      "take",
    ]);
    expect(table?.transformations[0]).toMatchObject({
      delimiter: "\t",
      encoding: "utf8",
      pathColumn: "Path",
    });
    expect(table?.transformations[2]).toMatchObject({
      columns: [{}, { formats: ["%Y-%m-%d"] }, { words: { falses: ["no"], trues: ["yes"] } }],
    });
  });

  it.each([
    ["transformations: []", "missing_field", "1:1"],
    ["paths: []", "missing_field", "1:8"],
    ["paths: [{url: x}]", "wrong_type", "1:9"],
    [`${PATHS}type: table`, "unknown_value", "2:7"],
    [`${PATHS}extra: 1`, "unknown_key", "2:1"],
    [`${PATHS}transformations:\n  - read_delta_lake: {version_as_of: 1}`, "unknown_key", "3:5"],
    [`${PATHS}transformations:\n  - read_delimited: {delimeter: ","}`, "unknown_key", "3:22"],
    [`${PATHS}transformations:\n  - read_delimited: {encoding: ebcdic}`, "unknown_value", "3:32"],
    [`${PATHS}transformations:\n  - read_parquet\n  - read_json_lines`, "wrong_type", "4:5"],
    [`${PATHS}transformations:\n  - take: some`, "wrong_type", "3:11"],
    [`${PATHS}transformations:\n  - take_random_sample: {probability: 2}`, "out_of_range", "3:25"],
    [`${PATHS}transformations:\n  - filter: import os`, "bad_filter", "3:13"],
    [`${PATHS}transformations:\n  - keep_columns: []`, "wrong_type", "3:19"],
    [`${PATHS}transformations: {take: 1}`, "wrong_type", "2:18"],
  ])("with a mistake says where: %s", (text, code, place) => {
    const { table, problems } = load(text);
    const [first] = problems;
    expect([first?.code, `${first?.position?.line}:${first?.position?.column}`]).toEqual([
      code,
      place,
    ]);
    expect(table).toBeNull();
  });
});

describe("a filter", () => {
  it("binds `not` before `and` before `or`", () => {
    expect(parseFilter("a == 1 or not b == 2 and c == 3")).toMatchObject({
      kind: "or",
      parts: [{ column: "a" }, { kind: "and", parts: [{ kind: "not" }, { column: "c" }] }],
    });
  });

  it.each([
    ['col("a b") == "it\'s"', { column: "a b", operator: "==", value: "it's" }],
    ["col('x') != 'a\\'b'", { column: "x", operator: "!=", value: "a'b" }],
    ["temp >= -1.5e3", { column: "temp", operator: ">=", value: -1500 }],
    ["ok == True", { value: true }],
    ["name == None", { value: null }],
    ["((a < 1))", { column: "a" }],
  ])("is one of comparisons: %s", (text, expected) => {
    expect(parseFilter(text)).toMatchObject(expected);
  });

  it.each([
    "",
    "a",
    "a =",
    "a == ",
    "a == b",
    "1 == a",
    "col(a) == 1",
    'col("a" == 1',
    "(a == 1",
    "a == 1 b == 2",
    "a == 1; drop",
    "__import__('os').system('x')",
    "(".repeat(5000),
    "not ".repeat(5000),
  ])("that is anything else is a mistake, and nothing of it is run: %s", (text) => {
    expect(parseFilter(text)).toHaveProperty("mistake");
  });
});

describe("a setting that is no value of its kind", () => {
  const of = (transformation: string) =>
    load(`${PATHS}transformations:\n  - ${transformation}\n`).problems.map(
      ({ code, position }) => `${code} ${position?.line}:${position?.column}`,
    );

  it.each([
    ["take:", "wrong_type 3:5"],
    ["take: []", "wrong_type 3:11"],
    ['take: " "', "wrong_type 3:11"],
    ["skip: [10]", "wrong_type 3:11"],
    ['take_random_sample: {probability: ""}', "out_of_range 3:25"],
    ["take_random_sample: {probability: 0.5, seed: x}", "wrong_type 3:50"],
    ["read_delimited: {delimiter: [a]}", "wrong_type 3:33"],
    ["read_delimited: {encoding: {a: 1}}", "wrong_type 3:32"],
    ["read_parquet: {include_path_column: [true]}", "wrong_type 3:41"],
    ["keep_columns: [a, {b: c}]", "wrong_type 3:23"],
    ["convert_column_types: [7]", "wrong_type 3:28"],
    ["convert_column_types: [{column: a, column_type: int}]", "unknown_key 3:29"],
    ["convert_column_types: [{column_type: int}]", "missing_field 3:28"],
    ["convert_column_types: [{columns: a}]", "missing_field 3:28"],
    ["convert_column_types: [{columns: a, column_type: nix}]", "unknown_value 3:54"],
  ])("is told once and is never taken for another one: %s", (transformation, told) => {
    expect(of(transformation)).toEqual([told]);
  });
});
