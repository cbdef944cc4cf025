// One open database: prepared statements by their text, and transactions. Everything else in this folder is tables.

import { type Database, type Row, rollBack, type Statement, type Value } from "./driver.ts";

export interface Session {
  readonly workspace: string;
  /** The folder of the database. */
  readonly folder: string;
  run(sql: string, ...values: Value[]): number;
  get(sql: string, ...values: Value[]): Row | undefined;
  all(sql: string, ...values: Value[]): Row[];
  /**
   * Runs `work` in one write transaction; rolled back when it throws. Synced before it returns, with everything before it,
   * unless it need not last.
   */
  transaction<T>(work: () => T, options?: { readonly lasting: boolean }): T;
}

export function openSession(database: Database, workspace: string, folder: string): Session {
  const statements = new Map<string, Statement>();
  const prepared = (sql: string): Statement => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  };
  // As the database was opened.
  let syncs = true;
  let isInside = false;
  const setSyncs = (wanted: boolean): void => {
    if (syncs === wanted) return;
    database.exec(`PRAGMA synchronous=${wanted ? "FULL" : "NORMAL"}`);
    syncs = wanted;
  };
  return {
    workspace,
    folder,
    run(sql, ...values) {
      // By itself it is a transaction that lasts.
      if (!isInside) setSyncs(true);
      return Number(prepared(sql).run(...values).changes);
    },
    get: (sql, ...values) => prepared(sql).get(...values) ?? undefined,
    all: (sql, ...values) => prepared(sql).all(...values),
    transaction(work, { lasting } = { lasting: true }) {
      setSyncs(lasting);
      // IMMEDIATE: a deferred transaction that becomes a writer late can fail with SQLITE_BUSY at once.
      database.exec("BEGIN IMMEDIATE");
      isInside = true;
      try {
        const value = work();
        database.exec("COMMIT");
        return value;
      } catch (error) {
        rollBack(database);
        throw error;
      } finally {
        isInside = false;
      }
    },
  };
}
