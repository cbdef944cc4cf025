import { createHash } from "node:crypto";
import fs from "node:fs";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { exited, killEverything, leftovers, makeRig, type Rig } from "./rig.ts";
import { type PostgresServer, startPostgres } from "./servers/postgres.ts";

// kill -9 while rows come out of a database or go into one: a real PostgreSQL holds its breath in the middle of them, so that
// the moment is the same each time. What is half there is seen by nobody, and the run goes on to the same end.

const started = await startPostgres();
const server = started as PostgresServer;

const ROWS = 250_000;
/** More than one row group of Parquet comes before it. */
const HELD_AT = 150_000;

let rig: Rig;
/** Whoever comes to the row waits while this session has the lock. */
let holder: pg.Client;

beforeAll(async () => {
  if ("missing" in started) return;
  const { definition } = server;
  const { credentials } = definition;
  const password = credentials.kind === "password" ? credentials.password : "";
  holder = new pg.Client({ ...definition, password });
  await holder.connect();
  await holder.query(`
    CREATE FUNCTION hold(i int) RETURNS int LANGUAGE plpgsql AS $$
      BEGIN IF i = ${HELD_AT} THEN PERFORM pg_advisory_xact_lock_shared(7); END IF; RETURN i; END $$;
    CREATE FUNCTION hold_row() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM hold(NEW.i); RETURN NEW; END $$;`);
});
afterAll(() => holder?.end());

beforeEach(() => {
  if ("missing" in started) return;
  rig = makeRig("killed-rows");
  const { port, definition } = server;
  const password = JSON.stringify({ env: "SHOP_PASSWORD" });
  rig.write(
    "stepwell.yml",
    `pass_env: [SHOP_PASSWORD]\ndatastores:\n  shop: {type: postgres, host: 127.0.0.1, port: ${port}, database: postgres, user: ${definition.user}, ssl: false, credentials: {password: ${password}}}\n`,
  );
});
afterEach(() => rig?.remove());

const variables = (): Record<string, string> => {
  const { credentials } = server.definition;
  return { SHOP_PASSWORD: credentials.kind === "password" ? credentials.password : "" };
};

const one = async (query: string): Promise<unknown> =>
  Object.values((await server.sql(query))[0] ?? {})[0];

/** Asks the server again and again: the moment is the server's. */
async function becomes(query: string, wanted: unknown): Promise<void> {
  while ((await one(query)) !== wanted) await new Promise(setImmediate);
}

const HELD = "SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
const OURS = "SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'stepwell'";

type Blow = "engine, supervisor and step" | "step";

/** Runs a file until the server holds it, and kills; gone are they all when it resolves. */
async function killHeld(file: string, name: string, blow: Blow): Promise<void> {
  await holder.query("SELECT pg_advisory_lock(7)");
  const child = rig.startWith(variables(), "run", file, "--name", name);
  await becomes(HELD, 1);
  if (blow === "step") killStep();
  else killEverything(rig.folder);
  await exited(child);
  await holder.query("SELECT pg_advisory_unlock(7)");
  await becomes(OURS, 0);
  expect(leftovers(rig.folder)).toEqual([]);
}

/** The process of the attempt alone: its supervisor sees it end. */
function killStep(): void {
  for (const pid of fs.readdirSync("/proc").filter((at) => /^\d+$/.test(at))) {
    const read = (what: string): string => {
      try {
        return fs.readFileSync(`/proc/${pid}/${what}`, "latin1");
      } catch {
        return "";
      }
    };
    const isOurs =
      read("environ").includes("STEPWELL_ATTEMPT=") && read("environ").includes(rig.folder);
    if (isOurs && read("cmdline").includes("stepwell.js")) process.kill(Number(pid), "SIGKILL");
  }
}

/** As a user does: the run is resumed, or, where it has failed, started again. */
function again(file: string, name: string, blow: Blow): string {
  const words = blow === "step" ? [file, "--name", `${name}-again`] : ["--resume", name];
  const ended = rig.cliWith(variables(), "run", ...words);
  expect([ended.stderr, ended.code]).toEqual([expect.anything(), 0]);
  return blow === "step" ? `${name}-again` : name;
}

const BLOWS: readonly Blow[] = ["engine, supervisor and step", "step"];

describe.skipIf("missing" in started).each(BLOWS)("rows, when the %s is killed", (blow) => {
  it("that come in show no file before all are there, and are the same in the end", async () => {
    const text = `type: data_transfer
task: import_data
source:
  type: database
  connection: azureml:shop
  query: SELECT hold(i) AS i, repeat('x', i % 40) AS t FROM generate_series(1, ${ROWS}) i
outputs:
  sink: {type: uri_folder}
`;
    rig.write("load.yml", text);
    const output = (name: string): string => rig.at(`.stepwell/store/azureml/${name}/_/sink`);
    await killHeld("load.yml", "killed", blow);
    expect(fs.existsSync(output("killed"))).toBe(false);
    const name = again("load.yml", "killed", blow);
    expect(rig.cliWith(variables(), "run", "load.yml", "--name", "whole").code).toBe(0);
    const hash = (run: string): string =>
      createHash("sha256")
        .update(fs.readFileSync(`${output(run)}/data.parquet`))
        .digest("hex");
    expect(fs.readdirSync(output(name))).toEqual(["data.parquet"]);
    expect(hash(name)).toBe(hash("whole"));
  });

  it("that go out change nothing of the table before all are there", async () => {
    await server.sql(
      "DROP TABLE IF EXISTS sums; CREATE TABLE sums (i int); INSERT INTO sums VALUES (-1);" +
        "CREATE TRIGGER held BEFORE INSERT ON sums FOR EACH ROW EXECUTE FUNCTION hold_row()",
    );
    const rows = Array.from({ length: ROWS }, (_, index) => `${index + 1}\n`);
    rig.write("rows.csv", `i\n${rows.join("")}`);
    rig.write(
      "save.yml",
      `type: data_transfer
task: export_data
inputs:
  source: {type: uri_file, path: rows.csv}
sink: {type: database, connection: azureml:shop, table_name: sums, write_mode: replace}
`,
    );
    const sums = "SELECT count(*)::int || ' ' || sum(i) FROM sums";
    await killHeld("save.yml", "killed", blow);
    expect(await one(sums)).toBe("1 -1");
    again("save.yml", "killed", blow);
    expect(await one(sums)).toBe(`${ROWS} ${(ROWS * (ROWS + 1)) / 2}`);
  });
});

if ("missing" in started) it.skip(`rows are whole after a kill: ${started.missing}`, () => {});
