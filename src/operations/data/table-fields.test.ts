import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parquetWriteFile } from "hyparquet-writer";
import { afterAll, expect, it } from "vitest";
import { tableFields } from "./table-fields.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-fields-"));

afterAll(() => fs.rmSync(folder, { recursive: true }));

async function names(file: string, text: string): Promise<readonly string[] | null> {
  fs.writeFileSync(path.join(folder, file), text);
  return (await tableFields(path.join(folder, file)))?.map(({ name }) => name) ?? null;
}

it("reads the heading of a table of text, quoted names too", async () => {
  expect(await names("a.csv", 'id,"a ""b"", c",d\r\n1,2,3\n')).toEqual(["id", 'a "b", c', "d"]);
  expect(await names("b.tsv", "\ufeffid\tx y\n")).toEqual(["id", "x y"]);
  expect(await names("c.csv", "only")).toEqual(["only"]);
});

it("says nothing of what has no heading, is no table or is gone", async () => {
  expect(await names("d.csv", "")).toBeNull();
  expect(await names("e.csv", "x".repeat(70_000))).toBeNull();
  expect(await names("f.txt", "a,b\n")).toBeNull();
  expect(await names("g.parquet", "no parquet")).toBeNull();
  expect(await tableFields(path.join(folder, "gone.csv"))).toBeNull();
});

it("reads names and types of a Parquet file from its footer", async () => {
  const filename = path.join(folder, "t.parquet");
  parquetWriteFile({
    filename,
    columnData: [
      { name: "id", data: [1, 2], type: "INT32" },
      { name: "name", data: ["a", "b"], type: "STRING" },
    ],
  });
  expect(await tableFields(filename)).toEqual([
    { name: "id", type: "INT32" },
    { name: "name", type: "UTF8" },
  ]);
});
