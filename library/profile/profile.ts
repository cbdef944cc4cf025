// Describes every column of a table: counts, nulls, different values, range, mean, quantiles, the most frequent values. Writes
// it as JSON for programs and as a page for people.

import fs from "node:fs";
import path from "node:path";
import type { ColumnProfile } from "../../src/tables/table-profile.ts";
import { readColumns } from "../runtime/column-values.ts";
import { htmlPage } from "../runtime/html-page.ts";
import { runProgram } from "../runtime/program.ts";
import { findTable } from "../runtime/tables.ts";

runProgram(async (program) => {
  const table = findTable(program.needed("data"), null);
  const { values, rows } = await readColumns(table);
  const profiles = values.map((one) => one.result());
  const folder = program.output("profile");
  const profile = { rows, format: table.format, columns: profiles };
  fs.writeFileSync(path.join(folder, "profile.json"), `${JSON.stringify(profile, null, 1)}\n`);
  fs.writeFileSync(path.join(folder, "profile.html"), pageOf(rows, profiles));
  program.metric("rows", rows);
  program.metric("columns", profiles.length);
  for (const { name, nulls } of profiles) if (nulls > 0) program.metric(`nulls.${name}`, nulls);
  program.say(`${rows} rows, ${profiles.length} columns`);
});

function pageOf(rows: number, profiles: readonly ColumnProfile[]): string {
  const short = (value: string | number | null | undefined): string =>
    typeof value === "number" ? String(Number(value.toPrecision(6))) : (value ?? "");
  const head = [
    "Column",
    "Type",
    "Nulls",
    "Different",
    "Lowest",
    "Median",
    "Highest",
    "Mean ± deviation",
    "Shape",
  ];
  const table = profiles.map((one) => {
    const nulls = rows === 0 ? "0" : `${one.nulls} (${short((100 * one.nulls) / rows)} %)`;
    const about = one.isExact ? "" : "about ";
    return [
      one.name,
      one.type ?? "",
      nulls,
      `${about}${one.distinct}`,
      short(one.min),
      short(one.quantiles?.["0.5"]),
      short(one.max),
      one.mean === null ? "" : `${short(one.mean)} ± ${short(one.deviation ?? 0)}`,
      one.histogram === null ? "" : shapeOf(one.histogram.counts),
    ];
  });
  const frequent = profiles.flatMap(({ name, top }) =>
    top.map(({ value, count }) => [name, value, String(count)]),
  );
  return htmlPage(
    "Profile",
    [`${rows} rows, ${profiles.length} columns`],
    [
      { title: "Columns", head, rows: table },
      { title: "Most frequent values", head: ["Column", "Value", "Rows"], rows: frequent },
    ],
  );
}

/** The histogram in letters. */
function shapeOf(bars: readonly number[]): string {
  const most = Math.max(1, ...bars);
  return bars.map((bar) => "▁▂▃▄▅▆▇█"[Math.ceil((bar / most) * 7)] ?? "").join("");
}
