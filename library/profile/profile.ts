// Describes every column of a table: counts, nulls, different values, range, mean, quantiles, the most frequent values. Writes
// it as JSON for programs and as a page for people.

import fs from "node:fs";
import path from "node:path";
import { ColumnSummary, MOST_VALUES, quantile } from "../runtime/column-summary.ts";
import { htmlPage } from "../runtime/html-page.ts";
import { runProgram } from "../runtime/program.ts";
import { findTable } from "../runtime/tables.ts";

const SHARES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
const BARS = 20;
const TOP = 10;

runProgram(async (program) => {
  const table = findTable(program.needed("data"), null);
  const { columns, rows } = await table.open();
  const summaries = columns.map((column) => new ColumnSummary(column));
  let count = 0;
  for await (const piece of rows) {
    for (const [index, cells] of piece.cells.entries()) summaries[index]?.add(cells);
    count += piece.count;
  }
  const profiles = summaries.map(profileOf);
  const folder = program.output("profile");
  const profile = { rows: count, format: table.format, columns: profiles };
  fs.writeFileSync(path.join(folder, "profile.json"), `${JSON.stringify(profile, null, 1)}\n`);
  fs.writeFileSync(path.join(folder, "profile.html"), pageOf(count, profiles));
  program.metric("rows", count);
  program.metric("columns", columns.length);
  for (const { name, nulls } of profiles) if (nulls > 0) program.metric(`nulls.${name}`, nulls);
  program.say(`${count} rows, ${columns.length} columns`);
});

function profileOf(summary: ColumnSummary) {
  const { column, rows, nulls, values } = summary;
  const top = [...(values ?? [])].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return {
    name: column.name,
    type: column.type.kind,
    rows,
    nulls,
    /** Null: more than are counted. */
    distinct: values === null ? null : values.size,
    numbers: summary.isNumeric ? numbersOf(summary) : null,
    words: summary.isNumeric ? null : summary.words,
    top: top.slice(0, TOP).map(([value, times]) => ({ value, count: times })),
  };
}

function numbersOf(summary: ColumnSummary) {
  const sorted = summary.sorted();
  const { min, max } = summary.range ?? { min: 0, max: 0 };
  const histogram = new Array<number>(BARS).fill(0);
  for (const number of sorted) {
    const bar =
      max === min ? 0 : Math.min(BARS - 1, Math.floor(((number - min) / (max - min)) * BARS));
    histogram[bar] = (histogram[bar] ?? 0) + 1;
  }
  return {
    min,
    max,
    mean: summary.mean,
    deviation: summary.deviation,
    quantiles: Object.fromEntries(SHARES.map((share) => [share, quantile(sorted, share)])),
    histogram,
    /** Quantiles and histogram are those of a sample of the rows. */
    sampled: summary.isSampled,
  };
}

function pageOf(rows: number, profiles: readonly ReturnType<typeof profileOf>[]): string {
  const short = (value: number): string => String(Number(value.toPrecision(6)));
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
    const { numbers, words } = one;
    const spread =
      numbers === null
        ? [words?.first ?? "", "", words?.last ?? "", "", ""]
        : [
            short(numbers.min),
            short(numbers.quantiles[0.5] ?? 0),
            short(numbers.max),
            `${short(numbers.mean)} ± ${short(numbers.deviation)}`,
            shapeOf(numbers.histogram),
          ];
    const nulls = rows === 0 ? "0" : `${one.nulls} (${short((100 * one.nulls) / rows)} %)`;
    return [one.name, one.type, nulls, String(one.distinct ?? `over ${MOST_VALUES}`), ...spread];
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
