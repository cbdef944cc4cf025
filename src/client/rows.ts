// The records of a CSV text (RFC 4180; line ends of any kind). Knows nothing of files.

import type { Row } from "../sdk/run.ts";
import { StepwellError } from "../sdk/stepwell-error.ts";
import { CsvRecords } from "../tables/csv-records.ts";
import { UnreadableTable } from "../tables/unreadable-table.ts";

/** A table that is read at once has at most so many records. */
export const MOST_ROWS = 1_000_000;

/** `file`: how messages call it. */
export function csvRows(text: string, file: string): readonly Row[] {
  const lines = cellsOf(text.startsWith("\uFEFF") ? text.slice(1) : text, file);
  const [head, ...records] = lines;
  if (head === undefined) return [];
  for (const [index, record] of records.entries())
    if (record.length !== head.length)
      throw new StepwellError(
        "not_a_table",
        `${file}: record ${index + 1} has ${record.length} cells, and the head has ${head.length}`,
        "read it with text()",
      );
  const isNumber = head.map((_, column) => isNumeric(records, column));
  return records.map((record) =>
    Object.fromEntries(
      head.map((name, column) => [name, value(record[column] ?? "", isNumber[column] === true)]),
    ),
  );
}

function value(cell: string, isNumber: boolean): string | number | null {
  if (cell === "") return null;
  return isNumber ? Number(cell) : cell;
}

/** `007` is no number: written back it would be another text. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Whole numbers that a number of JavaScript does not hold stay texts. */
function isNumeric(records: readonly (readonly string[])[], column: number): boolean {
  let some = false;
  for (const record of records) {
    const cell = record[column] ?? "";
    if (cell === "") continue;
    if (!NUMBER.test(cell)) return false;
    const number = Number(cell);
    if (!Number.isFinite(number) || (/^-?\d+$/.test(cell) && !Number.isSafeInteger(number)))
      return false;
    some = true;
  }
  return some;
}

function cellsOf(text: string, file: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  const reader = new CsvRecords(file, { delimiter: ",", isMultiLine: true });
  const take = (records: ReturnType<CsvRecords["push"]>): void => {
    for (const { cells } of records) rows.push(cells.map((cell) => cell ?? ""));
    if (rows.length > MOST_ROWS + 1)
      throw new StepwellError(
        "too_large",
        `${file} has more than ${MOST_ROWS} records`,
        "read it piece by piece from path()",
      );
  };
  try {
    for (let at = 0; at < text.length; at += PIECE_LETTERS)
      take(reader.push(text.slice(at, at + PIECE_LETTERS)));
    take(reader.end());
  } catch (error) {
    if (!(error instanceof UnreadableTable)) throw error;
    throw new StepwellError("not_a_table", error.message, "read it with text()");
  }
  return rows;
}

const PIECE_LETTERS = 1 << 20;
