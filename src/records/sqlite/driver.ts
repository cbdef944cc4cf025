// The one door to embedded SQLite: `node:sqlite` where it is stable (Node ≥ 22.13), else the prebuilt `libsql`. Both
// speak the same small language here. Knows nothing of tables.

import { closeSync, openSync, statfsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { collectStatements } from "./collect-statements.ts";

export type Value = string | number | null;
export type Row = Record<string, unknown>;

export interface Statement {
  run(...values: Value[]): { readonly changes: number | bigint };
  get(...values: Value[]): Row | undefined;
  all(...values: Value[]): Row[];
}

export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

const require = createRequire(import.meta.url);

/** Opens the file for reading and writing; on a disk that takes no writing, for reading as far as that goes. */
export function openDatabase(file: string): Database {
  try {
    return openWritable(file);
  } catch (error) {
    const database = openForReading(file);
    if (database === null) throw error;
    const cause = isDiskFull(error, file) ? new Error("database or disk is full") : error;
    return refusingWrites(database, cause);
  }
}

const PATIENCE_MS = 10_000;
const PAUSE_MS = 20;

/** SQLite waits for no other process that is just making the same file a WAL one: both would wait for each other. */
function patiently(work: () => void): void {
  for (let waited = 0; ; waited += PAUSE_MS)
    try {
      work();
      return;
    } catch (error) {
      if (waited >= PATIENCE_MS || !/database is locked/.test(String(error))) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
}

/** Opens (and makes) the file with WAL, FULL sync, and patience for other writers. */
function openWritable(file: string): Database {
  makeForAll(file);
  const database = hasNodeSqlite() ? openNodeSqlite(file) : openLibsql(file);
  database.exec(`PRAGMA busy_timeout=${PATIENCE_MS}`);
  patiently(() => database.exec("PRAGMA journal_mode=WAL"));
  // NORMAL was measured to lose acknowledged commits at a power cut.
  database.exec("PRAGMA synchronous=FULL");
  // Copying the log into the file is two more syncs: not in the midst of many short steps. 16 MB of log are nothing.
  database.exec("PRAGMA wal_autocheckpoint=4000");
  return database;
}

/** SQLite lets nobody but the owner write what it makes: as with all else of a workspace, the umask says who else may. */
function makeForAll(file: string): void {
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return;
  try {
    closeSync(openSync(file, "ax"));
  } catch {
    // Somebody else has made it just now, or it cannot be made: SQLite says why.
  }
}

/**
 * Without the two files that others are kept out with: nobody can make them now, so nobody writes. Null when there is a
 * log of commits that the file does not hold yet.
 */
function openForReading(file: string): Database | null {
  const size = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size(file) === 0 || size(`${file}-wal`) > 0) return null;
  const address = `${pathToFileURL(file).href}?immutable=1`;
  try {
    const database = hasNodeSqlite() ? openNodeSqlite(address) : openLibsql(address);
    database.prepare("PRAGMA user_version").get();
    return database;
  } catch {
    return null;
  }
}

/** Whoever wants to write is told why it could not be opened for that. */
function refusingWrites(database: Database, cause: unknown): Database {
  const check = (sql: string): void => {
    if (/^\s*(begin|insert|update|delete|replace)\b/i.test(sql)) throw cause;
  };
  return {
    exec(sql) {
      check(sql);
      database.exec(sql);
    },
    prepare(sql) {
      check(sql);
      return database.prepare(sql);
    },
    close: () => database.close(),
  };
}

export function rollBack(database: Database): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // A COMMIT that failed on a full or broken disk has already rolled back by itself.
  }
}

/** SQLite calls it FULL when its own write failed, and an I/O error when its index beside the log could not grow. */
export function isDiskFull(error: unknown, file: string): boolean {
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  const text = `${code} ${message}`;
  if (/SQLITE_FULL|database or disk is full/.test(text)) return true;
  if (!/IOERR|CANTOPEN|disk I\/O error|unable to open/.test(text)) return false;
  const { bavail, files, ffree } = statfsSync(dirname(file));
  return bavail === 0 || (files > 0 && ffree === 0);
}

function hasNodeSqlite(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 13);
}

function openNodeSqlite(file: string): Database {
  const { DatabaseSync } = unwarned(() => require("node:sqlite")) as {
    DatabaseSync: new (file: string) => Database;
  };
  return new DatabaseSync(file);
}

/** Node 22 and 23 warn of an experiment when it is first loaded: on stderr, with every command. */
function unwarned(load: () => unknown): unknown {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}

function openLibsql(file: string): Database {
  const Libsql = withQuickReport(() => require("libsql")) as new (file: string) => Database;
  const database = new Libsql(file);
  const close = database.close.bind(database);
  database.close = () => {
    close();
    collectStatements();
  };
  return database;
}

/**
 * The package asks Node for a whole report of the process, which takes 4 ms, only to learn which C library this is.
 * Nearly always it is glibc: that is said to it first, and the report made where this was wrong.
 */
function withQuickReport(load: () => unknown): unknown {
  const { report } = process;
  const { getReport } = report;
  report.getReport = () => ({ header: { glibcVersionRuntime: "" } });
  try {
    return load();
  } catch {
    report.getReport = getReport;
    return load();
  } finally {
    report.getReport = getReport;
  }
}
