// Checks a table against what is expected of it, and against a reference for drift. Every check is done and told, whatever the
// ones before it found.

import fs from "node:fs";
import path from "node:path";
import { shiftOf } from "../../src/tables/distribution-shift.ts";
import { columnReaders, readColumns } from "../runtime/column-values.ts";
import { htmlPage } from "../runtime/html-page.ts";
import { type Program, runProgram, StepFailure } from "../runtime/program.ts";
import { findTable } from "../runtime/tables.ts";
import { ColumnChecks } from "./column-checks.ts";
import { type Expectations, readExpectations } from "./expectations.ts";

/** One thing that was expected. */
export interface Check {
  readonly column: string | null;
  readonly expected: string;
  readonly found: string;
  readonly ok: boolean;
}

runProgram(async (program) => {
  const expected = readExpectations(fs.readFileSync(program.needed("expectations"), "utf8"));
  const table = findTable(program.needed("data"), null);
  const { columns, rows } = await table.open();
  const readers = columnReaders(columns, table.format);
  const checks = columns.map(
    (column) => new ColumnChecks(column, expected.columns[column.name] ?? {}),
  );
  let count = 0;
  for await (const piece of rows) {
    for (const [index, cells] of piece.cells.entries()) {
      readers[index]?.add(cells);
      checks[index]?.add(cells, count);
    }
    count += piece.count;
  }
  const names = columns.map(({ name }) => name);
  const found = [
    ...rowChecks(expected, count),
    ...columnsThere(expected, names),
    ...checks.flatMap((one) => one.results()),
    ...(await driftChecks(program, expected, {
      values: readers.map(({ values }) => values),
      rows: count,
    })),
  ];
  report(program, found, count);
});

function rowChecks({ rows }: Expectations, count: number): readonly Check[] {
  const checks: Check[] = [];
  const add = (expected: string, ok: boolean): void => {
    checks.push({ column: null, expected, found: `${count} rows`, ok });
  };
  if (rows.min !== undefined) add(`at least ${rows.min} rows`, count >= rows.min);
  if (rows.max !== undefined) add(`at most ${rows.max} rows`, count <= rows.max);
  return checks;
}

function columnsThere(
  { columns, otherColumns }: Expectations,
  names: readonly string[],
): readonly Check[] {
  const there = Object.entries(columns)
    .filter(([, one]) => one.required !== false)
    .map(([column]): Check => {
      const ok = names.includes(column);
      return { column, expected: "is there", found: ok ? "is there" : "is missing", ok };
    });
  if (otherColumns) return there;
  const others = names.filter((name) => !Object.hasOwn(columns, name));
  const found = others.length === 0 ? "no other columns" : others.join(", ");
  return [...there, { column: null, expected: "no other columns", found, ok: others.length === 0 }];
}

async function driftChecks(
  program: Program,
  { drift }: Expectations,
  now: Awaited<ReturnType<typeof readColumns>>,
): Promise<readonly Check[]> {
  const at = program.input("reference");
  if (at === null) {
    if (drift.columns === undefined && drift.max === undefined) return [];
    throw new StepFailure(
      "drift is expected to be small, and there is nothing to compare with",
      "set the input reference",
    );
  }
  const before = await readColumns(findTable(at, null));
  const most = drift.max ?? 0.2;
  return before.values.flatMap((reference): Check[] => {
    const { name: column } = reference;
    if (drift.columns !== undefined && !drift.columns.includes(column)) return [];
    const found = now.values.find(({ name }) => name === column);
    if (found === undefined) return [];
    const expected = `drift at most ${most}`;
    const shift = shiftOf(reference, found, { before: before.rows, after: now.rows });
    if (shift === null) {
      // What was asked for by name and cannot be told does not hold.
      const why = "nothing to compare: no rows, or too many different values";
      return drift.columns === undefined ? [] : [{ column, expected, found: why, ok: false }];
    }
    program.metric(`drift.${column}`, shift.psi);
    return [{ column, expected, found: `drift ${shift.psi.toFixed(4)}`, ok: shift.psi <= most }];
  });
}

function report(program: Program, checks: readonly Check[], rows: number): void {
  const failed = checks.filter(({ ok }) => !ok);
  const folder = program.output("report");
  const body = { ok: failed.length === 0, rows, checks };
  fs.writeFileSync(path.join(folder, "report.json"), `${JSON.stringify(body, null, 1)}\n`);
  const line = `${checks.length - failed.length} of ${checks.length} checks hold, ${rows} rows`;
  const table = {
    title: "Checks",
    head: ["", "Column", "Expected", "Found"],
    rows: [...failed, ...checks.filter(({ ok }) => ok)].map(({ ok, column, expected, found }) => [
      ok ? "holds" : "FAILS",
      column ?? "",
      expected,
      found,
    ]),
  };
  fs.writeFileSync(path.join(folder, "report.html"), htmlPage("Validation", [line], [table]));
  program.metric("checks", checks.length);
  program.metric("failed", failed.length);
  program.metric("rows", rows);
  program.say(line);
  for (const { column, expected, found } of failed)
    program.warn(`${column === null ? "" : `${column}: `}expected ${expected}; found ${found}`);
  if (failed.length > 0 && program.needed("on_failure") === "fail")
    throw new StepFailure(
      `the data is not as expected: ${failed.length} of ${checks.length} checks fail`,
      `they stand above, and with all others in ${path.join(folder, "report.html")}; with on_failure: warn the step goes on`,
    );
}
