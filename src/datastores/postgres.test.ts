import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StorageError } from "../ports/storage.ts";
import type { Cell, RowStream, Tables } from "../ports/tables.ts";
import { readParquet } from "../tables/parquet-read.ts";
import { type PostgresServer, startPostgres } from "../testing/servers/postgres.ts";
import { writeParquet } from "../transfers/parquet-write.ts";
import { openTables } from "./open-tables.ts";

const started = await startPostgres();
const server = started as PostgresServer;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "postgres-test-"));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const signal = new AbortController().signal;
let tables: Tables;

async function all(stream: RowStream): Promise<Cell[][]> {
  const rows: Cell[][] = [];
  for await (const { count, cells } of stream.rows)
    for (let row = 0; row < count; row += 1) rows.push(cells.map((column) => column[row] ?? null));
  return rows;
}

async function problemOf(work: Promise<unknown>): Promise<StorageError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StorageError);
  expect((error as Error).message).not.toContain("pg+secret/word=1");
  return error as StorageError;
}

/** One column of each type, with what is odd about it. */
const TYPES = `
CREATE TABLE every (
  id int4, small int2, big int8, yes bool, single real, double float8, price numeric(12,3), huge numeric(38,10),
  free numeric, words text, code varchar(10), fixed char(4), day date, clock time, wall timestamp, moment timestamptz,
  raw bytea, ident uuid, doc json, docb jsonb, ints int[], names text[], span interval, mood point
);
INSERT INTO every VALUES
  (1, -32768, 9223372036854775807, true, 'NaN', '-Infinity', -123456789.125, 1234567890123456789012345678.0123456789,
   1e40, E'a"b,c\\td\\n', 'ü🦉', 'x', '1969-12-31', '23:59:59.999999', '1900-01-01 00:00:00.000001',
   '2024-02-29 12:00:00.123456+05:30', '\\x00ff10', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"b": 1,  "a": 2}', '{"b":1}',
   '{1,NULL,3}', '{a,"b c"}', '1 day 2 hours', '(1,2)'),
  (2, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
   null, null, null, null);
`;

describe.skipIf("missing" in started)("PostgreSQL as a place for rows", () => {
  beforeAll(async () => {
    tables = await openTables(server.definition);
    await server.sql(TYPES);
  });
  afterAll(() => tables.close());

  it("keeps every type and value through Parquet and back into a table", async () => {
    const file = path.join(folder, "every.parquet");
    await writeParquet(
      file,
      await tables.query({ kind: "table", name: "every" }, signal),
      () => {},
    );
    const read = await readParquet(file);
    expect(read.columns.map(({ name, type }) => [name, type.kind])).toEqual([
      ["id", "integer"],
      ["small", "integer"],
      ["big", "integer"],
      ["yes", "boolean"],
      ["single", "float"],
      ["double", "float"],
      ["price", "decimal"],
      ["huge", "decimal"],
      ["free", "text"],
      ["words", "text"],
      ["code", "text"],
      ["fixed", "text"],
      ["day", "date"],
      ["clock", "time"],
      ["wall", "timestamp"],
      ["moment", "timestamp"],
      ["raw", "bytes"],
      ["ident", "uuid"],
      ["doc", "json"],
      ["docb", "json"],
      ["ints", "json"],
      ["names", "json"],
      ["span", "text"],
      ["mood", "text"],
    ]);
    await tables.write({ table: "every_back", mode: "create", stream: read }, signal);
    const same = await server.sql(`
      SELECT count(*) AS n FROM every a JOIN every_back b ON a.id = b.id WHERE
        (a.small, a.big, a.yes, a.price, a.huge, a.words, a.code, a.day, a.clock, a.wall, a.moment, a.raw, a.ident)
          IS NOT DISTINCT FROM
        (b.small, b.big, b.yes, b.price, b.huge, b.words, b.code, b.day, b.clock, b.wall, b.moment, b.raw, b.ident)
        AND (a.single::text, a.double::text, a.free::text, a.doc::jsonb, a.docb, to_jsonb(a.ints), to_jsonb(a.names))
          IS NOT DISTINCT FROM
        (b.single::text, b.double::text, b.free, b.doc, b.docb, b.ints, b.names)`);
    expect(same).toEqual([{ n: "2" }]);
    const types = await server.sql(
      "SELECT column_name AS c, data_type AS t FROM information_schema.columns WHERE table_name = 'every_back' AND column_name IN ('moment','wall','price','docb','ident','raw')",
    );
    expect(Object.fromEntries(types.map(({ c, t }) => [c, t]))).toEqual({
      price: "numeric",
      wall: "timestamp without time zone",
      moment: "timestamp with time zone",
      raw: "bytea",
      ident: "uuid",
      docb: "jsonb",
    });
  });

  it("gives the rows of a query, of a table and of a function", async () => {
    await server.sql(`CREATE TABLE odd_names ("a b" int, "select" text);
      INSERT INTO odd_names SELECT i, 'r' || i FROM generate_series(1, 3) i;
      CREATE FUNCTION below(limit_to int, prefix text DEFAULT '') RETURNS TABLE (n int, t text) LANGUAGE sql AS
        'SELECT i, prefix || i FROM generate_series(1, limit_to) i'`);
    const query = {
      kind: "query",
      text: 'SELECT "a b" * 2 AS d FROM odd_names ORDER BY 1;',
    } as const;
    expect(await all(await tables.query(query, signal))).toEqual([[2], [4], [6]]);
    const table = { kind: "table", name: "public.odd_names" } as const;
    expect(await all(await tables.query(table, signal))).toHaveLength(3);
    const parameters = [
      { name: "prefix", value: "it's ", type: "text" },
      { name: "limit_to", value: "2", type: "int" },
    ];
    const procedure = { kind: "procedure", name: "below", parameters } as const;
    expect(await all(await tables.query(procedure, signal))).toEqual([
      [1, "it's 1"],
      [2, "it's 2"],
    ]);
  });

  it("gives columns without rows", async () => {
    const query = { kind: "query", text: "SELECT 1 AS a, 'x'::text AS b WHERE false" } as const;
    const stream = await tables.query(query, signal);
    const file = path.join(folder, "empty.parquet");
    expect(await writeParquet(file, stream, () => {})).toMatchObject({ rows: 0 });
    const read = await readParquet(file);
    expect(read.columns.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(await all(read)).toEqual([]);
  });

  it("sees one state of the database while others write", async () => {
    await server.sql("CREATE TABLE moving AS SELECT i FROM generate_series(1, 500) i");
    const stream = await tables.query({ kind: "table", name: "moving" }, signal);
    await server.sql("INSERT INTO moving SELECT 0 FROM generate_series(1, 500)");
    expect(await all(stream)).toHaveLength(500);
  });

  it("says what the server said when a query fails at row 900,000", async () => {
    const text = "SELECT i, 1 / (i - 900000) FROM generate_series(1, 1000000) i";
    const stream = await tables.query({ kind: "query", text }, signal);
    const file = path.join(folder, "broken.parquet");
    const error = await problemOf(writeParquet(file, stream, () => {}));
    expect(error.message).toBe(`postgres://127.0.0.1:${server.port}/postgres: division by zero`);
    await expect(readParquet(file)).rejects.toThrow("cannot be read as Parquet");
  });

  it("names column, row and a way out for a value that Parquet has no place for", async () => {
    const text =
      "SELECT CASE WHEN i = 150 THEN 'infinity'::date ELSE '2024-01-01' END AS d FROM generate_series(1, 200) i";
    const error = await problemOf(tables.query({ kind: "query", text }, signal).then(all));
    expect(error.message).toContain("column d, row 150: infinity is no day");
    expect(error.message).toContain('"d"::text');
  });

  it.each([
    "SELECT 1; DROP TABLE every",
    "SELECT 1; COMMIT; DROP TABLE every",
    "SELECT 1; COMMIT; BEGIN; DROP TABLE every; DECLARE stepwell_rows CURSOR WITH HOLD FOR SELECT 1",
  ])("takes one statement, so that nothing behind a query can write: %s", async (text) => {
    const error = await problemOf(tables.query({ kind: "query", text }, signal).then(all));
    expect(error.message).toContain("more than one statement");
    expect(await server.sql("SELECT count(*) FROM every")).toEqual([{ count: "2" }]);
  });

  it("cannot write with a query", async () => {
    await server.sql(
      "CREATE FUNCTION empties() RETURNS int LANGUAGE sql AS 'DELETE FROM every RETURNING 1'",
    );
    const text = "SELECT empties()";
    const error = await problemOf(tables.query({ kind: "query", text }, signal).then(all));
    expect(error.message).toContain("read-only transaction");
    expect(await server.sql("SELECT count(*) FROM every")).toEqual([{ count: "2" }]);
  });

  it.each([
    [{ credentials: { kind: "password", password: "wrong+secret" } }, "denied"],
    [{ database: "nowhere" }, "no_such_place"],
    [{ port: 1 }, "unreachable"],
  ] as const)("says what is wrong with %j", async (change, problem) => {
    const open = await openTables({ ...server.definition, ...change });
    const error = await problemOf(open.query({ kind: "query", text: "SELECT 1" }, signal));
    expect(error.problem).toBe(problem);
    expect(error.message).not.toContain("wrong+secret");
    await open.close();
  });

  it("says which table is missing", async () => {
    const error = await problemOf(tables.query({ kind: "table", name: "nothing" }, signal));
    expect([error.problem, error.message]).toEqual([
      "not_found",
      expect.stringContaining('relation "nothing" does not exist'),
    ]);
  });

  it("ends a query when it is cancelled", async () => {
    const stop = new AbortController();
    const text = "SELECT i, pg_sleep(0.001) FROM generate_series(1, 1000000) i";
    const stream = await tables.query({ kind: "query", text }, stop.signal);
    const reading = all(stream);
    stop.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
  });
});

describe.skipIf("missing" in started)("rows into PostgreSQL", () => {
  const numbers = (from: number, to: number, breakAt = Number.POSITIVE_INFINITY): RowStream => ({
    columns: [
      { name: "n", type: { kind: "integer", bits: 32 } },
      { name: "t", type: { kind: "text" } },
    ],
    rows: (async function* () {
      for (let n = from; n <= to; n += 100) {
        if (n > breakAt) throw new Error("the rows ended badly");
        const count = Math.min(100, to - n + 1);
        const ids = Array.from({ length: count }, (_, index) => n + index);
        yield { count, cells: [ids, ids.map((id) => `row\t${id}\\`)] };
      }
    })(),
  });
  const count = async (table: string) =>
    (await server.sql(`SELECT count(*) FROM ${table}`))[0]?.count;

  beforeAll(async () => {
    tables = await openTables(server.definition);
  });
  afterAll(() => tables.close());

  it("makes a table, adds to it, replaces what is in it, and keeps to the mode", async () => {
    const write = (mode: "create" | "append" | "replace", stream: RowStream) =>
      tables.write({ table: "made", mode, stream }, signal);
    expect(await write("create", numbers(1, 1000))).toBe(1000);
    const error = await problemOf(write("create", numbers(1, 10)));
    expect([error.problem, error.message]).toEqual([
      "exists",
      expect.stringContaining("write_mode: append or replace"),
    ]);
    await write("append", numbers(1001, 1500));
    expect(await count("made")).toBe("1500");
    await server.sql("CREATE INDEX kept ON made (n)");
    await write("replace", numbers(1, 7));
    expect(await count("made")).toBe("7");
    expect(
      await server.sql("SELECT indexname FROM pg_indexes WHERE indexname = 'kept'"),
    ).toHaveLength(1);
    expect((await server.sql("SELECT t FROM made WHERE n = 3"))[0]?.t).toBe("row\t3\\");
  });

  it.each(["create", "append", "replace"] as const)(
    "leaves everything as it was when the rows break off (%s)",
    async (mode) => {
      const table = `broken_${mode}`;
      if (mode !== "create")
        await server.sql(`CREATE TABLE ${table} AS SELECT 1 AS n, 'x'::text AS t`);
      const stream = numbers(1, 100_000, 50_000);
      await expect(tables.write({ table, mode, stream }, signal)).rejects.toThrow(
        "the rows ended badly",
      );
      if (mode === "create")
        expect(await server.sql(`SELECT to_regclass('${table}') AS t`)).toEqual([{ t: null }]);
      else expect(await count(table)).toBe("1");
    },
  );

  it("says what the server does not take, and leaves nothing of it", async () => {
    await server.sql("CREATE TABLE strict (n int CHECK (n < 500), t text)");
    const stream = numbers(1, 1000);
    const error = await problemOf(
      tables.write({ table: "strict", mode: "append", stream }, signal),
    );
    expect(error.message).toContain('violates check constraint "strict_n_check"');
    expect(await count("strict")).toBe("0");
  });

  it("says that a table has other columns", async () => {
    await server.sql("CREATE TABLE other (m int)");
    const stream = numbers(1, 10);
    const error = await problemOf(tables.write({ table: "other", mode: "append", stream }, signal));
    expect(error.message).toContain('column "n" of relation "other" does not exist');
  });
});

if ("missing" in started) it.skip(`rows of PostgreSQL are tested: ${started.missing}`, () => {});
