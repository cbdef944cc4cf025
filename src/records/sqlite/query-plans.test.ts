import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { RunUpdate } from "../../ports/records.ts";
import { readAsset } from "./assets.ts";
import { documentIds } from "./documents.ts";
import { type Database, openDatabase } from "./driver.ts";
import { keepingVerbs, takesRemoved } from "./keeping.ts";
import { lineageVerbs, reusedBy } from "./lineage.ts";
import { migrate } from "./migrations.ts";
import {
  fingerprintsWithStaticId,
  newestUsable,
  resultState,
  resultsOf,
  usableResults,
} from "./results.ts";
import { listRuns, openRequests, openRuns } from "./runs.ts";
import { openSession } from "./session.ts";

/** Opens a database that notes how each statement would be carried out. */
function watched(file: string): { database: Database; steps: string[] } {
  const database = openDatabase(file);
  migrate(database, file);
  const steps: string[] = [];
  const prepare = database.prepare.bind(database);
  const watching: Database = {
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    prepare(sql) {
      const statement = prepare(sql);
      return {
        run: (...values) => statement.run(...values),
        get(...values) {
          note(sql, values);
          return statement.get(...values);
        },
        all(...values) {
          note(sql, values);
          return statement.all(...values);
        },
      };
    },
  };
  const note = (sql: string, values: Parameters<ReturnType<Database["prepare"]>["all"]>): void => {
    for (const row of prepare(`explain query plan ${sql}`).all(...values))
      steps.push(String(row.detail));
  };
  return { database: watching, steps };
}

function reusing(run: string): RunUpdate {
  const reason = { kind: "unchanged", detail: "" } as const;
  const event = { kind: "steps_reused", at: 1, from: [{ run, reason, steps: [0], results: [1] }] };
  return { run: "x", firstSeq: 1, events: [event] } as unknown as RunUpdate;
}

it("asks no question of the engine or of lists by reading a whole table", () => {
  const folder = mkdtempSync(join(tmpdir(), "stepwell-queries-"));
  const { database, steps } = watched(join(folder, "stepwell.db"));
  const session = openSession(database, "local", "/");
  usableResults(session, "a");
  newestUsable(
    session,
    Array.from({ length: 20 }, (_, index) => String(index)),
  );
  resultState(session, "a");
  fingerprintsWithStaticId(session, "a");
  resultsOf(session, "r");
  documentIds(session, "a");
  readAsset(session, "data", "a", "1");
  readAsset(session, "data", "a", null);
  const lineage = lineageVerbs(session);
  void lineage.makers("a", { before: 7, limit: 0 });
  for (const of of ["any", "outside", { run: "r", seq: 1 }] as const)
    void lineage.readers("a", { of, after: 7, limit: 0 });
  void lineage.assetsWith("a");
  void lineage.contentIds("a", 2);
  void lineage.reusersOf("r");
  void lineage.resultsAt([{ run: "r", seq: 1 }]);
  takesRemoved(session, [reusing("r")]);
  void keepingVerbs(session).removals([{ run: "r", seq: 1 }]);
  void keepingVerbs(session).openRemovals();
  openRuns(session);
  openRequests(session);
  listRuns(session, { limit: 20 });
  listRuns(session, { limit: 20, pipeline: "p", before: { order: 1, name: "r" } });
  database.close();
  rmSync(folder, { recursive: true });
  const tables = steps.filter(
    (step) => !/VIRTUAL TABLE|B-TREE|SUBQUERY|^CO-ROUTINE r$|^SCAN r$/.test(step),
  );
  expect(tables.length).toBeGreaterThan(6);
  for (const step of tables) {
    expect(step).toMatch(/^SEARCH/);
    expect(step, "only the workspace is looked up").not.toMatch(/PRIMARY KEY \(workspace=\?\)$/);
  }
});

it("reads what a run took over in as many rows as it took over at once", () => {
  const folder = mkdtempSync(join(tmpdir(), "stepwell-queries-"));
  const database = openDatabase(join(folder, "stepwell.db"));
  migrate(database, join(folder, "stepwell.db"));
  const results = Array.from({ length: 50 }, (_, index) => index);
  const event = { kind: "steps_reused", at: 1, from: [{ run: "r", steps: results, results }] };
  database
    .prepare("insert into event(workspace, run, seq, format, body) values('local', 'x', 1, 1, ?)")
    .run(JSON.stringify(event));
  const session = openSession(database, "local", "/");
  let rows = 0;
  const counting: typeof session = {
    ...session,
    all(sql, ...values) {
      const found = session.all(sql, ...values);
      rows += found.length;
      return found;
    },
  };
  expect(reusedBy(counting, "x")).toEqual(results.map((seq) => ({ run: "r", seq })));
  expect(rows).toBe(1);
  database.close();
  rmSync(folder, { recursive: true });
});
