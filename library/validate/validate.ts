// Checks a table against what is expected of it, and against a reference for drift. Every check is done and told, whatever the
// ones before it found.

import fs from "node:fs";
import path from "node:path";
import { ColumnSummary } from "../runtime/column-summary.ts";
import { htmlPage } from "../runtime/html-page.ts";
import { type Program, runProgram, StepFailure } from "../runtime/program.ts";
import { findTable } from "../runtime/tables.ts";
import { ColumnChecks } from "./column-checks.ts";
import { driftBetween } from "./drift.ts";
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
  const summaries = columns.map((column) => new ColumnSummary(column));
  const checks = columns.map(
    (column) => new ColumnChecks(column, expected.columns[column.name] ?? {}),
  );
  let count = 0;
  for await (const piece of rows) {
    for (const [index, cells] of piece.cells.entries()) {
      summaries[index]?.add(cells);
      checks[index]?.add(cells, count);
    }
    count += piece.count;
  }
  const names = columns.map(({ name }) => name);
  const found = [
    ...rowChecks(expected, count),
    ...columnsThere(expected, names),
    ...checks.flatMap((one) => one.results()),
    ...(await driftChecks(program, expected, summaries)),
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
  now: readonly ColumnSummary[],
): Promise<readonly Check[]> {
  const at = program.input("reference");
  if (at === null) {
    if (drift.columns === undefined && drift.max === undefined) return [];
    throw new StepFailure(
      "drift is expected to be small, and there is nothing to compare with",
      "set the input reference",
    );
  }
  const { columns, rows } = await findTable(at, null).open();
  const before = columns.map((column) => new ColumnSummary(column));
  for await (const piece of rows)
    for (const [index, cells] of piece.cells.entries()) before[index]?.add(cells);
  const most = drift.max ?? 0.2;
  return before.flatMap((reference): Check[] => {
    const { name } = reference.column;
    if (drift.columns !== undefined && !drift.columns.includes(name)) return [];
    const summary = now.find((one) => one.column.name === name);
    if (summary === undefined) return [];
    const measured = driftBetween(reference, summary);
    if (measured === null) return [];
    program.metric(`drift.${name}`, measured);
    const found = `drift ${measured.toFixed(4)}`;
    return [{ column: name, expected: `drift at most ${most}`, found, ok: measured <= most }];
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
      "they stand above; with on_failure: warn the step goes on and keeps its report",
    );
}
