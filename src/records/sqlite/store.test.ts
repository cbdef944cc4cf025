import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { recordsContract } from "../../testing/contracts/records.ts";
import { openDatabase } from "./driver.ts";
import { STEPS } from "./migrations.ts";
import { openSqliteStore } from "./store.ts";

function newFile(): string {
  return path.join(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-records-")), "stepwell.db");
}

function open(file = newFile()): ReturnType<typeof openSqliteStore> {
  return openSqliteStore(file);
}

recordsContract("sqlite", () => {
  const opened = open();
  return opened.kind === "open" ? opened.store : expect.unreachable("a new database is not newer");
});

describe("the database file", () => {
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
