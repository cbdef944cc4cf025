import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readParquet } from "../tables/parquet-read.ts";
import { type PostgresServer, startPostgres } from "../testing/servers/postgres.ts";
import { writeParquet } from "../transfers/parquet-write.ts";
import { openTables } from "./open-tables.ts";

// Files are exchanged with Arrow, which most others read and write Parquet with: installed by pip, so it needs a network.

const started = await startPostgres();
const server = started as PostgresServer;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "arrow-"));
const python = path.join(folder, "venv", "bin", "python");
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
const signal = new AbortController().signal;

const QUERY = `SELECT i::int2 s2, i i4, i::int8 i8, i % 2 = 0 yes, i::real r4, 'NaN'::float8 r8, (i * 1.25)::numeric(12,3) n,
  (-i)::numeric(38,10) nn, 'ü' || i t, date '0001-01-01' + i d, time '01:02:03.000004' ti, timestamp '1900-01-01 00:00:00.000001' ts,
  timestamptz '2024-02-29 12:00:00.123456+05:30' tz, '\\x00ff'::bytea raw, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid u,
  '{"b": 1}'::json j, ARRAY[1,null,i] ar, null::int nul FROM generate_series(1, 1000) i`;

const READ = `
import pyarrow.parquet as pq, json, sys
table = pq.read_table(sys.argv[1]); table.validate(full=True)
print(json.dumps([[f.name, str(f.type)] for f in table.schema]))
print(json.dumps({k: repr(v) for k, v in table.slice(2, 1).to_pylist()[0].items()}))
`;

const WRITE = `
import pyarrow as pa, pyarrow.parquet as pq, sys, datetime, decimal
table = pa.table({
  'id': pa.array([1, 2], pa.int8()), 'u32': pa.array([2**32 - 1, None], pa.uint32()), 'u64': pa.array([2**64 - 1, 0], pa.uint64()),
  'lst': [[1, 2], None], 'cat': pa.array(['x', 'y']).dictionary_encode(), 'ms': pa.array([-1, 1], pa.timestamp('ms', 'UTC')),
  'ns': pa.array([-1, 1001], pa.timestamp('ns')), 'dec': pa.array([decimal.Decimal('-1.05'), None], pa.decimal128(5, 2)),
  'day': pa.array([datetime.date(1, 1, 1), None]), 'st': [{'a': 1}, {'a': None}],
})
pq.write_table(table, sys.argv[1], compression='zstd', row_group_size=1)
`;

describe.skipIf("missing" in started)("Parquet files and Arrow", () => {
  beforeAll(() => {
    execFileSync("python3", ["-m", "venv", path.join(folder, "venv")]);
    execFileSync(python, ["-m", "pip", "install", "-q", "pyarrow"]);
  }, 600_000);

  it("Arrow reads what an import writes, each column as its type", async () => {
    const tables = await openTables(server.definition);
    const file = path.join(folder, "ours.parquet");
    await writeParquet(file, await tables.query({ kind: "query", text: QUERY }, signal), () => {});
    await tables.close();
    const said = execFileSync(python, ["-c", READ, file], { encoding: "utf8" }).split("\n");
    const types = Object.fromEntries(JSON.parse(said[0] ?? ""));
    expect(types).toMatchObject({
      s2: "int16",
      i4: "int32",
      i8: "int64",
      yes: "bool",
      r4: "float",
      r8: "double",
      n: "decimal128(12, 3)",
      nn: "decimal128(38, 10)",
      t: "string",
      d: "date32[day]",
      ti: "time64[us]",
      ts: "timestamp[us]",
      tz: "timestamp[us, tz=UTC]",
      raw: "binary",
    });
    expect(JSON.parse(said[1] ?? "")).toMatchObject({
      n: "Decimal('3.750')",
      nn: "Decimal('-3.0000000000')",
      d: "datetime.date(1, 1, 4)",
      ti: "datetime.time(1, 2, 3, 4)",
      ts: "datetime.datetime(1900, 1, 1, 0, 0, 0, 1)",
      raw: "b'\\x00\\xff'",
      j: `'{"b": 1}'`,
      ar: "'[1,null,3]'",
      nul: "None",
    });
  });

  it("an export reads what Arrow writes", async () => {
    const file = path.join(folder, "theirs.parquet");
    execFileSync(python, ["-c", WRITE, file]);
    const tables = await openTables(server.definition);
    const write = { table: "arrow", mode: "create", stream: await readParquet(file) } as const;
    expect(await tables.write(write, signal)).toBe(2);
    await tables.close();
    const rows = await server.sql(
      "SELECT to_jsonb(arrow) - 'u64' AS row, u64::text FROM arrow ORDER BY id",
    );
    expect(rows.map(({ u64 }) => u64)).toEqual(["18446744073709551615", "0"]);
    expect(rows.map(({ row }) => row)).toEqual([
      {
        id: 1,
        u32: 4294967295,
        lst: [1, 2],
        cat: "x",
        ms: "1969-12-31T23:59:59.999+00:00",
        ns: "1969-12-31T23:59:59.999999",
        dec: -1.05,
        day: "0001-01-01",
        st: { a: 1 },
      },
      {
        id: 2,
        u32: null,
        lst: null,
        cat: "y",
        ms: "1970-01-01T00:00:00.001+00:00",
        ns: "1970-01-01T00:00:00.000001",
        dec: null,
        day: null,
        st: { a: null },
      },
    ]);
  });
});
