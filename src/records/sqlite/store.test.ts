import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { recordsContract } from "../../testing/contracts/records.ts";
import { openDatabase } from "./driver.ts";
import { STEPS } from "./migrations.ts";
import { openSqliteStore } from "./store.ts";

/** Number of the first schema that has the tables of lineage, less one. */
const BEFORE_LINEAGE = 5;
/** … and of the first that keeps documents by row. */
const BEFORE_ROWS = 7;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-records-"));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function newFile(): string {
  return path.join(fs.mkdtempSync(path.join(folder, "one-")), "stepwell.db");
}

function open(file = newFile()): ReturnType<typeof openSqliteStore> {
  return openSqliteStore(file);
}

recordsContract("sqlite", () => {
  const opened = open();
  return opened.kind === "open" ? opened.store : expect.unreachable("a new database is not newer");
});

it("registers one more of a hundred and fifty thousand versions", async () => {
  const file = newFile();
  const opened = open(file);
  if (opened.kind !== "open") return expect.unreachable();
  const database = openDatabase(file);
  database.exec(`insert into asset(workspace, kind, name, version, created_by, created_at, content_id,
      definition, tags, sequence)
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 150000)
    select 'local', 'model', 'trees', i, 'ann', i, 'c' || i, '{}', '{}', i from n`);
  database.close();
  const shared = { kind: "model", name: "trees", definition: "{}", description: null } as const;
  const asset = { ...shared, tags: {}, createdAt: 1, createdBy: "ann", run: null, version: null };
  const register = async (contentId: string): Promise<object> =>
    opened.store.createAsset({ ...asset, contentId });
  expect(await register("c7")).toMatchObject({ kind: "same", asset: { version: "7" } });
  expect(await register("new")).toMatchObject({ kind: "created", asset: { version: "150001" } });
});

describe("the database file", () => {
  it.skipIf(process.platform !== "linux")(
    "is given back when it is closed, by a process that opens many",
    async () => {
      const held = (file: string): number =>
        fs.readdirSync("/proc/self/fd").filter((name) => {
          const target = fs.existsSync(`/proc/self/fd/${name}`)
            ? fs.readlinkSync(`/proc/self/fd/${name}`)
            : "";
          return target.startsWith(file);
        }).length;
      const file = newFile();
      let most = 0;
      for (let times = 0; times < 300; times += 1) {
        const opened = open(file);
        if (opened.kind !== "open") return expect.unreachable();
        await opened.store.openRuns();
        await opened.store.close();
        // Node gives them back between two turns of its loop.
        await new Promise(setImmediate);
        most = Math.max(most, held(file));
      }
      expect(most).toBeLessThan(150);
    },
  );

  it("is refused when a newer Stepwell wrote it", () => {
    const file = newFile();
    open(file);
    const database = openDatabase(file);
    database.exec("PRAGMA user_version=99");
    database.close();
    expect(open(file)).toEqual({ kind: "newer", version: 99 });
  });

  it("of the first version is copied aside and gets what is new", async () => {
    const file = newFile();
    const database = openDatabase(file);
    database.exec(STEPS[0] as string);
    database.exec("PRAGMA user_version=1");
    database.close();
    const opened = open(file);
    if (opened.kind !== "open") return expect.unreachable();
    expect(await opened.store.labels("data", "x")).toEqual([]);
    expect(await opened.store.openRuns()).toEqual([]);
    expect(fs.readdirSync(path.dirname(file))).toContain("stepwell.db.v1-1.bak");
  });

  it("that cannot be brought to today's form is as it was, without a copy beside it", () => {
    const file = newFile();
    const database = openDatabase(file);
    database.exec(STEPS[0] as string);
    database.exec("create table asset_label(name text); PRAGMA user_version=1");
    database.close();
    expect(() => open(file)).toThrow("asset_label");
    expect(() => open(file)).toThrow("asset_label");
    const beside = fs.readdirSync(path.dirname(file)).filter((name) => name.includes(".bak"));
    expect(beside).toEqual([]);
  });

  it("written before lineage was kept by content answers by content", async () => {
    const file = newFile();
    const database = openDatabase(file);
    for (const step of STEPS.slice(0, BEFORE_LINEAGE)) database.exec(step);
    database.exec(`PRAGMA user_version=${BEFORE_LINEAGE}`);
    const record = (id: string) => ({ id, same: { rule: "r", id: `same-${id}` } });
    const event = {
      kind: "step_completed",
      result: { outputs: { o: record("made"), plain: { id: "x" } }, artifacts: { id: "logs" } },
    };
    const reused = { kind: "steps_reused", from: [{ run: "one", steps: [0], results: [1] }] };
    const image = { moment: { contents: { a: ["read", null], b: ["other", "b.csv"] } } };
    const insert = database.prepare(
      "insert into event(workspace, run, seq, format, body) values('local', ?, 1, 1, ?)",
    );
    insert.run("one", JSON.stringify(event));
    insert.run("two", JSON.stringify(reused));
    database.exec(`insert into run(workspace, name, created_by, created_at, pipeline, experiment, tags, status, priority,
        detached, plan_id, counts, origin) values('local', 'two', '', 2, '', '', '{}', '', 0, 0, '', '{}', '{}');
      insert into result(workspace, run, seq, created_by, created_at, fingerprint, static_id, path, duration_ms)
        values('local', 'one', 1, 'engine', 7, 'f', 's', 'step', 1);
      insert into pre_image(workspace, fingerprint, body) values('local', 'f', '${JSON.stringify(image)}')`);
    database.close();
    const opened = open(file);
    if (opened.kind !== "open") return expect.unreachable();
    const { store } = opened;
    const ports = async (id: string): Promise<readonly string[]> => [
      ...(await store.makers(id, { before: null, limit: 9 })).rows.map((use) => use.port),
      ...(await store.readers(id, { of: "any", after: null, limit: 9 })).rows.map(
        (use) => use.port,
      ),
    ];
    const found = await Promise.all(["made", "same-made", "x", "logs", "read", "other"].map(ports));
    expect(found).toEqual([["o"], ["o"], ["plain"], ["artifacts"], ["a"], ["b"]]);
    expect(await store.reusersOf("one")).toEqual(["two"]);
  });

  it("keeps its documents where a search for one reads no other", async () => {
    const file = newFile();
    const database = openDatabase(file);
    for (const step of STEPS.slice(0, BEFORE_ROWS)) database.exec(step);
    database.exec(`PRAGMA user_version=${BEFORE_ROWS}`);
    database.exec("insert into document(workspace, id, body) values('local', 'x', 'y')");
    database.close();
    const opened = open(file);
    if (opened.kind !== "open") return expect.unreachable();
    expect(await opened.store.document("x")).toBe("y");
    const table = openDatabase(file).prepare(
      "select wr from pragma_table_list where name='document'",
    );
    expect(table.get()).toMatchObject({ wr: 0 });
  });

  it("is safe against a power cut: WAL with FULL sync", () => {
    const database = openDatabase(newFile());
    expect(database.prepare("PRAGMA journal_mode").get()).toMatchObject({ journal_mode: "wal" });
    expect(database.prepare("PRAGMA synchronous").get()).toMatchObject({ synchronous: 2 });
  });

  it("tells one connection of another's commits", async () => {
    const file = newFile();
    const [one, two] = [open(file), open(file)];
    if (one.kind !== "open" || two.kind !== "open") return expect.unreachable();
    const before = one.store.changes();
    await two.store.putDocuments([{ id: "x", body: "y" }]);
    expect(one.store.changes()).not.toBe(before);
    expect(await one.store.document("x")).toBe("y");
  });
});
