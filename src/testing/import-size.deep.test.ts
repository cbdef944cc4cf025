import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { CLI, makeRig } from "./rig.ts";
import { type PostgresServer, startPostgres } from "./servers/postgres.ts";

// Memory of the program of a transfer step while a large table comes and goes.

const started = await startPostgres();
const server = started as PostgresServer;
const MEASURE = fileURLToPath(new URL("../../bench/measure.py", import.meta.url));
const LIMIT_MB = 300;
const ROWS = 5_000_000;

const rig = makeRig("import-size");
afterAll(() => rig.remove());

/** Runs one order as an attempt would. */
function measured(name: string, order: unknown): { code: number; rssMb: number; wall: number } {
  rig.write(`${name}.json`, JSON.stringify(order));
  const words = [CLI, "--workspace", rig.folder, "transfer-step", rig.at(`${name}.json`)];
  const said = execFileSync("python3", [MEASURE, process.execPath, "--no-warnings", ...words], {
    cwd: rig.folder,
    encoding: "utf8",
    env: { ...process.env, PGPASS: password() },
  });
  return JSON.parse(said);
}

function password(): string {
  const { credentials } = server.definition;
  return credentials.kind === "password" ? credentials.password : "";
}

describe.skipIf("missing" in started)(`${ROWS} rows`, () => {
  it("come in and go out within 300 MB", async () => {
    const { port } = server;
    rig.write(
      "stepwell.yml",
      `datastores:\n  shop: {type: postgres, host: 127.0.0.1, port: ${port}, database: postgres, user: tester, ssl: false, credentials: {password: {env: PGPASS}}}\n`,
    );
    fs.mkdirSync(rig.at("out"));
    rig.write("job.yml", "type: command\ncommand: 'true'\n");
    rig.run("run", "job.yml");
    const query = `SELECT i AS id, i * 1.5 AS price, now() - i * interval '1 s' AS moment, repeat(md5(i::text), 4) AS words FROM generate_series(1, ${ROWS}) i`;
    const source = { type: "database", connection: "shop", query, tableName: null };
    const more = { storedProcedure: null, storedProcedureParams: [], watermark: null };
    const came = measured("import", {
      settings: { task: "import_data", source: { ...source, ...more } },
      inputs: [],
      output: { path: rig.at("out"), kind: "folder", isTable: false },
      journalFolder: rig.at("journal"),
    });
    console.log(`import: ${came.wall.toFixed(1)} s, ${came.rssMb.toFixed(0)} MB`);
    expect([came.code, came.rssMb < LIMIT_MB]).toEqual([0, true]);
    const file = path.join(rig.at("out"), "data.parquet");
    const went = measured("export", {
      settings: {
        task: "export_data",
        sink: { type: "database", connection: "shop", tableName: "back", writeMode: "create" },
      },
      inputs: [{ name: "source", kind: "file", path: file, remote: null }],
      output: null,
      journalFolder: rig.at("journal"),
    });
    console.log(`export: ${went.wall.toFixed(1)} s, ${went.rssMb.toFixed(0)} MB`);
    expect([went.code, went.rssMb < LIMIT_MB]).toEqual([0, true]);
    expect((await server.sql("SELECT count(*) AS n, sum(id) AS s FROM back"))[0]).toEqual({
      n: String(ROWS),
      s: String((ROWS * (ROWS + 1)) / 2),
    });
  }, 900_000);
});
