// The records of a CSV text (RFC 4180; line ends of any kind). Knows nothing of files.

import type { Row } from "../sdk/run.ts";
import { StepwellError } from "../sdk/stepwell-error.ts";

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

const CELL = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;

function cellsOf(text: string, file: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  CELL.lastIndex = 0;
  while (CELL.lastIndex < text.length || row.length > 0) {
    const at = CELL.lastIndex;
    const found = CELL.exec(text);
    if (found === null)
      throw new StepwellError(
        "not_a_table",
        `${file}: record ${rows.length} is not CSV: ${JSON.stringify(text.slice(at, at + 40))}`,
        "read it with text()",
      );
    const [, quoted, bare = "", end] = found;
    row.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    // A line with nothing in it is no record.
    if (row.length > 1 || quoted !== undefined || bare !== "") rows.push(row);
    row = [];
    if (rows.length > MOST_ROWS + 1)
      throw new StepwellError(
        "too_large",
        `${file} has more than ${MOST_ROWS} records`,
        "read it piece by piece from path()",
      );
  }
  return rows;
}
