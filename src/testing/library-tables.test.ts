import fs from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readParquet } from "../tables/parquet-read.ts";
import { file, folder, type LibraryRun, runComponent, type Values } from "./library-job.ts";
import { makeRig, type Rig } from "./rig.ts";

// Components of the library that read tables, run as a user runs them.

let rig: Rig;

beforeAll(() => {
  rig = makeRig("library-tables");
});

afterAll(() => rig.remove());

const read = (at: string): string => fs.readFileSync(at, "utf8");

function done(name: string, inputs: Values): LibraryRun {
  const ended = runComponent(rig, name, inputs);
  expect([ended.status, ended.log]).toEqual(["Completed", ended.log]);
  return ended;
}

const CSV = `id,zip,price,flag,day,at,note
1,00420,1.5,true,2024-02-29,2024-02-29T12:00:00.25Z,"a ""quoted"", cell"
2,10115,,false,2024-03-01,2024-03-01T00:00:00Z,""
3,,-2e3,true,,1969-12-31T23:59:59Z,"two
lines"
`;

describe("convert", () => {
  it("finds the types of CSV, keeps nulls apart from empty texts, and leading zeros", async () => {
    rig.write("in.csv", CSV);
    const { at, metrics } = done("convert", { data: file("./in.csv") });
    const { columns, rows } = await readParquet(at("data", "data.parquet"));
    expect(columns.map(({ type }) => type.kind)).toEqual([
      ...["integer", "text", "float", "boolean", "date", "timestamp", "text"],
    ]);
    const cells = [];
    for await (const piece of rows) cells.push(...piece.cells);
    expect(cells[1]).toEqual(["00420", "10115", null]);
    expect(cells[2]).toEqual([1.5, null, -2000]);
    expect(cells[6]).toEqual(['a "quoted", cell', "", "two\nlines"]);
    expect(metrics).toEqual({ rows: 3, columns: 7 });
  });

  it("gives the same table back from Parquet, and from JSON lines", () => {
    rig.write("in.csv", CSV);
    const parquet = done("convert", { data: file("./in.csv") }).at("data");
    const lines = done("convert", { data: folder(parquet), to: "jsonl" });
    expect(JSON.parse(read(lines.at("data", "data.jsonl")).split("\n")[0] ?? "")).toEqual({
      ...{ id: 1, zip: "00420", price: 1.5, flag: true, day: "2024-02-29" },
      ...{ at: "2024-02-29T12:00:00.250000Z", note: 'a "quoted", cell' },
    });
    const back = done("convert", { data: folder(parquet), to: "csv" });
    const again = done("convert", { data: folder(lines.at("data")), to: "csv" });
    const text = CSV.replace(".25Z", ".250000Z").replace("-2e3", "-2000");
    expect(read(back.at("data", "data.csv"))).toBe(text);
    expect(read(again.at("data", "data.csv"))).toBe(text);
  });

  it("makes columns of several kinds JSON, and reads a folder as one table", () => {
    rig.write("many/1.jsonl", '{"a": 1, "b": [1, {"c": 2}]}\n{"a": null}\n');
    rig.write("many/2.jsonl", '{"a": 2, "b": [3]}\n');
    const { at } = done("convert", { data: folder("./many"), to: "csv" });
    expect(read(at("data", "data.csv"))).toBe('a,b\n1,"[1,{""c"":2}]"\n,\n2,[3]\n');
  });

  it.each([
    ["a record with too few cells", "bad.csv", "a,b\n1,2\n3\n", "the row of line 3 has 1 cells"],
    ["a line that is no object", "bad.jsonl", '{"a": 1}\n[2]\n', "line 2 is no JSON object"],
    ["a name twice", "bad.csv", "a,a\n1,2\n", "two columns are named a"],
    ["what is no table", "bad.xlsx", "PK", "does not say what it is"],
    ["what is no Parquet", "bad.parquet", "nothing of the kind", "cannot be read as Parquet"],
  ])("refuses %s in words", (_, name, text, message) => {
    rig.write(name, text);
    const { status, log } = runComponent(rig, "convert", { data: file(`./${name}`), to: "jsonl" });
    expect(status).toBe("Failed");
    expect(log).toContain(message);
    expect(log).not.toContain("step.mjs:");
  });
});

describe("split", () => {
  beforeEach(() => {
    const rows = Array.from(
      { length: 1000 },
      (_, row) => `${row},${row % 5 === 0 ? "rare" : "usual"},k${row % 50}`,
    );
    rig.write("in.csv", `id,class,key\n${rows.join("\n")}\n`);
  });

  const rowsOf = (at: string): string[] => read(at).trimEnd().split("\n").slice(1);

  it("is exact, complete, the same each time, and another for another seed", () => {
    const inputs = { data: file("./in.csv"), train: 0.7, validation: 0.1 };
    const first = done("split", inputs);
    const parts = ["train", "validation", "test"].map((name) => rowsOf(first.at(name, "data.csv")));
    expect(parts.map((rows) => rows.length)).toEqual([700, 100, 200]);
    expect(new Set(parts.flat()).size).toBe(1000);
    const ids = (parts[0] ?? []).map((row) => Number.parseInt(row, 10));
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    rig.write("again.csv", read(rig.at("in.csv")));
    const again = done("split", { ...inputs, data: file("./again.csv") });
    expect(rowsOf(again.at("train", "data.csv"))).toEqual(parts[0]);
    const other = done("split", { ...inputs, seed: 1 });
    expect(rowsOf(other.at("train", "data.csv"))).not.toEqual(parts[0]);
    expect(first.metrics).toEqual({ "rows.train": 700, "rows.validation": 100, "rows.test": 200 });
  });

  it("gives each class its share", () => {
    const { at } = done("split", { data: file("./in.csv"), train: 0.75, stratify: "class" });
    const rare = rowsOf(at("train", "data.csv")).filter((row) => row.includes("rare"));
    expect(rare.length).toBe(150);
    expect(rowsOf(at("test", "data.csv"))).toHaveLength(250);
  });

  it("keeps groups together, where they were when more rows come", () => {
    const place = (run: LibraryRun): Map<string, string> =>
      new Map(
        ["train", "test"].flatMap((name) =>
          rowsOf(run.at(name, "data.csv")).map((row) => [row.split(",")[2] ?? "", name] as const),
        ),
      );
    const inputs = { data: file("./in.csv"), group: "key" };
    const first = done("split", inputs);
    const keys = ["train", "test"].map(
      (name) => new Set(rowsOf(first.at(name, "data.csv")).map((row) => row.split(",")[2])),
    );
    expect([...(keys[0] ?? [])].filter((key) => keys[1]?.has(key))).toEqual([]);
    expect(keys[1]?.size).toBeGreaterThan(2);
    const before = place(first);
    fs.appendFileSync(rig.at("in.csv"), "1000,usual,k3\n1001,usual,new\n");
    const after = place(done("split", inputs));
    for (const [key, name] of before) expect(after.get(key)).toBe(name);
  });

  it("makes equal parts", () => {
    const { at, log } = done("split", { data: file("./in.csv"), parts: 3, format: "jsonl" });
    expect(fs.readdirSync(at("parts")).sort()).toEqual([
      ...["part-0.jsonl", "part-1.jsonl", "part-2.jsonl", "split.json"],
    ]);
    expect(log).toContain("part-0: 334 rows");
    expect(read(at("train", "data.jsonl"))).toBe("");
  });

  it.each([
    ["a column that is not there", { stratify: "colour" }, "its columns: id, class, key"],
    ["shares above 1", { train: 0.8, validation: 0.3 }, "together at most 1"],
    [
      "groups and classes at once",
      { stratify: "class", group: "key" },
      "leave out group or stratify",
    ],
  ])("refuses %s", (_, more, message) => {
    const { status, log } = runComponent(rig, "split", { data: file("./in.csv"), ...more });
    expect([status, log]).toEqual(["Failed", expect.stringContaining(message)]);
  });
});

describe("profile", () => {
  it("counts, measures and shows what a column holds, safe as a page", () => {
    const rows = Array.from({ length: 101 }, (_, row) => `${row},${row % 4 ? "<b>&" : ""}`);
    rig.write("in.csv", `n,word\n${rows.join("\n")}\n`);
    const { at, metrics } = done("profile", { data: file("./in.csv") });
    const { columns } = JSON.parse(read(at("profile", "profile.json")));
    expect(columns[0]).toMatchObject({ nulls: 0, distinct: 101, min: 0, max: 100, mean: 50 });
    expect(columns[0].quantiles["0.25"]).toBe(25);
    expect(columns[0].deviation).toBeCloseTo(29.3, 1);
    // The same table says the same to whoever asks for it from the command line.
    const shown = JSON.parse(rig.cli("data", "profile", "in.csv", "--json").stdout);
    expect(columns).toEqual(shown.table?.columns ?? shown.columns);
    expect(columns[1]).toMatchObject({ nulls: 26, top: [{ value: "<b>&", count: 75 }] });
    const page = read(at("profile", "profile.html"));
    expect(page).toContain("&lt;b&gt;&amp;");
    expect(page).not.toContain("<b>&");
    expect(metrics).toMatchObject({ rows: 101, columns: 2, "nulls.word": 26 });
  });
});

describe("validate", () => {
  const GOOD = `rows: {min: 2, max: 10}
columns:
  id: {type: integer, unique: true, nulls: false, min: 1}
  price: {type: number, min: 0, max: 100, nulls: 0.5}
  country: {values: [DE, FR]}
  code: {matches: "[A-Z]{2}\\\\d+"}
  born: {type: date, min: "1900-01-01"}
  remark: {required: false}
other_columns: false
`;
  const ROWS = "id,price,country,code,born\n1,5,DE,AB1,1990-01-01\n2,,FR,CD22,2001-12-31\n";
  const inputs = { data: file("./in.csv"), expectations: file("./expect.yml") };

  it("holds where all is as expected, and its report says so", () => {
    rig.write("in.csv", ROWS);
    rig.write("expect.yml", GOOD);
    const { at, metrics } = done("validate", inputs);
    const report = JSON.parse(read(at("report", "report.json")));
    expect([report.ok, report.rows]).toEqual([true, 2]);
    expect(metrics.failed).toBe(0);
    expect(read(at("report", "report.html"))).toContain("holds");
  });

  it("tells every check that fails with its rows, then fails; or warns and goes on", () => {
    rig.write("in.csv", `${ROWS}2,200,IT,abc,1990-13-01\nx,1,DE,EF3,1990-01-01\n`);
    rig.write("expect.yml", `${GOOD}`);
    const failed = runComponent(rig, "validate", inputs);
    expect(failed.status).toBe("Failed");
    for (const line of [
      "id: expected type integer; found not in 1 rows (row 4: x)",
      "id: expected unique; found not in 1 rows (row 3: 2)",
      "price: expected at most 100; found not in 1 rows (row 3: 200)",
      "country: expected one of DE, FR; found not in 1 rows (row 3: IT)",
      "code: expected matches",
      "born: expected type date",
    ])
      expect(failed.log).toContain(line);
    const [page = ""] = /\S+report\.html/.exec(failed.log) ?? [];
    expect(read(page)).toContain("FAILS");
    expect(JSON.parse(read(page.replace(".html", ".json"))).ok).toBe(false);
    const warned = done("validate", { ...inputs, on_failure: "warn" });
    expect(JSON.parse(read(warned.at("report", "report.json"))).ok).toBe(false);
    expect(warned.metrics.failed).toBe(7);
  });

  it("finds drift against a reference, and none where there is none", () => {
    const table = (from: number, word: string): string =>
      `n,word\n${Array.from({ length: 500 }, (_, row) => `${from + (row % 100)},${row % 3 ? word : "b"}`).join("\n")}\n`;
    rig.write("reference.csv", table(0, "a"));
    rig.write("in.csv", table(0, "a").replace("n,word", "n,word"));
    rig.write("expect.yml", "drift: {max: 0.1}\n");
    const more = { ...inputs, reference: file("./reference.csv") };
    expect(done("validate", more).metrics["drift.n"]).toBe(0);
    rig.write("in.csv", table(60, "c"));
    const { status, log } = runComponent(rig, "validate", more);
    expect(status).toBe("Failed");
    expect(log).toMatch(/n: expected drift at most 0\.1; found drift \d/);
    expect(log).toMatch(/word: expected drift/);
  });

  it("finds drift where values went missing, and does not pass what it cannot compare", () => {
    const rows = (cell: (row: number) => string): string =>
      `n,name\n${Array.from({ length: 3000 }, (_, row) => `${cell(row)},name ${row}`).join("\n")}\n`;
    rig.write("reference.csv", rows(String));
    rig.write(
      "in.csv",
      rows((row) => (row % 2 ? "" : String(row))),
    );
    rig.write("expect.yml", "drift: {max: 0.1}\n");
    const more = { ...inputs, reference: file("./reference.csv") };
    const failed = runComponent(rig, "validate", more);
    expect(failed.log).toMatch(/n: expected drift at most 0\.1; found drift \d/);
    expect(failed.log).not.toContain("name: expected drift");
    rig.write("expect.yml", "drift: {columns: [name]}\n");
    expect(runComponent(rig, "validate", more).log).toContain(
      "name: expected drift at most 0.2; found nothing to compare",
    );
  });

  it("takes no word that it does not know, and no column that is missing", () => {
    rig.write("in.csv", ROWS);
    rig.write("expect.yml", "columns: {id: {uniqe: true}}\n");
    expect(runComponent(rig, "validate", inputs).log).toContain("Did you mean `unique`?");
    rig.write("expect.yml", "columns: {age: {type: number}}\n");
    expect(runComponent(rig, "validate", inputs).log).toContain(
      "age: expected is there; found is missing",
    );
  });
});
