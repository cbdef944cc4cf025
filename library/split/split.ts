// Splits a table into train, validation and test, or into equal parts, the same way for the same seed. With a column to
// stratify by, every value has its share in each part; with a group column, rows of one group stay together.

import fs from "node:fs";
import path from "node:path";
import type { Cell, Column, RowStream } from "../../src/ports/tables.ts";
import { cellText } from "../runtime/cell-text.ts";
import { type Program, runProgram, StepFailure } from "../runtime/program.ts";
import { hashedNumber, randomNumbers } from "../runtime/random.ts";
import { rowChannel } from "../runtime/row-channel.ts";
import { FORMATS, type Format, findTable, type Table, writeTable } from "../runtime/tables.ts";

/** Of a column that divides rows: more are no classes. */
const MOST_STRATA = 10_000;

interface Part {
  readonly name: string;
  readonly share: number;
  readonly folder: string;
  readonly file: string;
}

runProgram(async (program) => {
  const table = findTable(program.needed("data"), null);
  const parts = partsOf(program);
  const format = formatOf(program, table);
  const { columns, rows } = await table.open();
  const choose = await chooser(program, table, columns, parts);
  const channels = parts.map(() => rowChannel());
  const written = parts.map(({ folder, file }, index) => {
    const stream = { columns, rows: channels[index]?.rows ?? [] } as RowStream;
    return writeTable(folder, stream, { format, name: file });
  });
  // A writer that breaks off is told by its promise; the reader must not wait for it.
  for (const one of written) one.catch(() => {});
  for await (const { count, cells } of rows) {
    const chosen = Array.from({ length: count }, (_, row) => choose(cells, row));
    for (const [index, channel] of channels.entries()) {
      const kept = chosen.flatMap((part, row) => (part === index ? [row] : []));
      if (kept.length === 0) continue;
      const taken = cells.map((column) => kept.map((row) => column[row] ?? null));
      await channel.send({ count: kept.length, cells: taken });
    }
  }
  for (const channel of channels) channel.close();
  const counts = Object.fromEntries(
    (await Promise.all(written)).map((count, index) => [parts[index]?.name ?? "", count]),
  );
  for (const [name, count] of Object.entries(counts)) {
    program.say(`${name}: ${count} rows`);
    program.metric(`rows.${name}`, count);
  }
  await fillOthers(program, parts, { columns, format });
  const summary = path.join(program.output("parts"), "split.json");
  fs.writeFileSync(summary, `${JSON.stringify({ seed: program.number("seed"), rows: counts })}\n`);
});

/** Who reads one of the usual outputs finds its columns there, and no rows. */
async function fillOthers(
  program: Program,
  parts: readonly Part[],
  { columns, format }: { readonly columns: readonly Column[]; readonly format: Format },
): Promise<void> {
  const used = new Set(parts.map(({ folder }) => folder));
  for (const name of ["train", "validation", "test"]) {
    const folder = program.output(name);
    const rows: RowStream["rows"] = (async function* () {})();
    if (!used.has(folder)) await writeTable(folder, { columns, rows }, { format });
  }
}

function partsOf(program: Program): readonly Part[] {
  const count = program.number("parts");
  if (count > 0)
    return Array.from({ length: count }, (_, index) => ({
      name: `part-${index}`,
      share: 1 / count,
      folder: program.output("parts"),
      file: `part-${index}`,
    }));
  const [train, validation] = [program.number("train"), program.number("validation")];
  const test = Number((1 - train - validation).toFixed(12));
  if (train < 0 || validation < 0 || test < 0)
    throw new StepFailure(
      `train is ${train} and validation ${validation}: nothing can be left for test`,
      "give shares that are together at most 1: train: 0.7, validation: 0.1",
    );
  return Object.entries({ train, validation, test }).map(([name, share]) => ({
    name,
    share,
    folder: program.output(name),
    file: "data",
  }));
}

function formatOf(program: Program, { format }: Table): Format {
  const asked = program.needed("format");
  return FORMATS.find((one) => one === asked) ?? format;
}

type Choose = (cells: readonly (readonly Cell[])[], row: number) => number;

async function chooser(
  program: Program,
  table: Table,
  columns: readonly Column[],
  parts: readonly Part[],
): Promise<Choose> {
  const seed = program.number("seed");
  const [group, stratify] = [program.input("group"), program.input("stratify")];
  if (group !== null && stratify !== null)
    throw new StepFailure(
      "the rows cannot be stratified and kept in groups at once",
      "leave out group or stratify",
    );
  if (group !== null) return byGroup(textOf(columns, group), parts, seed);
  const stratum = stratify === null ? () => "" : textOf(columns, stratify);
  return byShare(await countRows(table, stratum), stratum, parts, seed);
}

/** The text of one column; a null is a value like any other. */
function textOf(
  columns: readonly Column[],
  name: string,
): (cells: Parameters<Choose>[0], row: number) => string {
  const index = columns.findIndex((one) => one.name === name);
  const type = columns[index]?.type;
  if (type === undefined)
    throw new StepFailure(
      `the data has no column ${name}`,
      `its columns: ${columns.map((one) => one.name).join(", ")}`,
    );
  return (cells, row) => JSON.stringify(cellText(cells[index]?.[row] ?? null, type));
}

/** Where a group goes depends on its key and the seed alone, whatever other rows there are. */
function byGroup(key: ReturnType<typeof textOf>, parts: readonly Part[], seed: number): Choose {
  return (cells, row) => {
    let left = hashedNumber(seed, key(cells, row));
    for (const [index, { share }] of parts.entries()) {
      if (left < share) return index;
      left -= share;
    }
    return lastWithShare(parts);
  };
}

async function countRows(
  table: Table,
  stratum: ReturnType<typeof textOf>,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const { rows } = await table.open();
  for await (const { count, cells } of rows)
    for (let row = 0; row < count; row += 1) {
      const key = stratum(cells, row);
      counts.set(key, (counts.get(key) ?? 0) + 1);
      if (counts.size > MOST_STRATA)
        throw new StepFailure(
          `the column to stratify by has more than ${MOST_STRATA} values`,
          "name a column of classes; rows of one key stay together with group",
        );
    }
  return counts;
}

/** Exactly so many rows of each stratum go into each part, in their order: each row is drawn among those that are left. */
function byShare(
  counts: ReadonlyMap<string, number>,
  stratum: ReturnType<typeof textOf>,
  parts: readonly Part[],
  seed: number,
): Choose {
  const strata = new Map(
    [...counts].map(([key, count]) => [
      key,
      { random: randomNumbers(seed, key), left: quotas(count, parts), rows: count },
    ]),
  );
  return (cells, row) => {
    const found = strata.get(stratum(cells, row));
    if (found === undefined)
      throw new StepFailure("the data changed while it was read", "run again");
    let drawn = found.random() * found.rows;
    found.rows -= 1;
    for (const [index, left] of found.left.entries()) {
      if (drawn < left) {
        found.left[index] = left - 1;
        return index;
      }
      drawn -= left;
    }
    return lastWithShare(parts);
  };
}

/** Whole numbers in these shares that are together all rows: the largest remainders are rounded up. */
function quotas(count: number, parts: readonly Part[]): number[] {
  const exact = parts.map(({ share }) => count * share);
  const whole = exact.map((one) => Math.floor(one + 1e-9));
  let left = count - whole.reduce((sum, one) => sum + one, 0);
  const order = exact
    .map((one, index) => ({ index, rest: one - (whole[index] ?? 0) }))
    .sort((a, b) => b.rest - a.rest || a.index - b.index);
  for (const { index } of order) {
    if (left <= 0) break;
    whole[index] = (whole[index] ?? 0) + 1;
    left -= 1;
  }
  return whole;
}

function lastWithShare(parts: readonly Part[]): number {
  return parts.findLastIndex(({ share }) => share > 0);
}
