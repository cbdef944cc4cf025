// One open database: prepared statements by their text, and transactions. Everything else in this folder is tables.

import { type Database, type Row, rollBack, type Statement, type Value } from "./driver.ts";

export interface Session {
  readonly workspace: string;
  run(sql: string, ...values: Value[]): number;
  get(sql: string, ...values: Value[]): Row | undefined;
  all(sql: string, ...values: Value[]): Row[];
  /**
   * Runs `work` in one write transaction; rolled back when it throws. Synced before it returns, with everything before it,
   * unless it need not last.
   */
  transaction<T>(work: () => T, options?: { readonly lasting: boolean }): T;
}

export function openSession(database: Database, workspace: string): Session {
  const statements = new Map<string, Statement>();
  const prepared = (sql: string): Statement => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  };
  return {
    workspace,
    run: (sql, ...values) => Number(prepared(sql).run(...values).changes),
    get: (sql, ...values) => prepared(sql).get(...values) ?? undefined,
    all: (sql, ...values) => prepared(sql).all(...values),
    transaction(work, { lasting } = { lasting: true }) {
      if (!lasting) database.exec("PRAGMA synchronous=NORMAL");
      // IMMEDIATE: a deferred transaction that becomes a writer late can fail with SQLITE_BUSY at once.
      database.exec("BEGIN IMMEDIATE");
      try {
        const value = work();
        database.exec("COMMIT");
        return value;
      } catch (error) {
        rollBack(database);
        throw error;
      } finally {
        if (!lasting) database.exec("PRAGMA synchronous=FULL");
      }
    },
  };
}
