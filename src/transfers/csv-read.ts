// The rows of one CSV file with a line of names, as texts; an empty cell without quotes is null. Knows nothing of where they
// go.

import fs from "node:fs";
import type { Cell, Column, RowStream, Rows } from "../ports/tables.ts";
import { type CsvRecord, CsvRecords } from "../tables/csv-records.ts";
import { UnreadableTable } from "../tables/unreadable-table.ts";

const PIECE_ROWS = 5_000;
const PIECE_LETTERS = 2 << 20;

/** `separator`: `,`, or a tab for TSV. */
export async function readCsv(file: string, separator: string): Promise<RowStream> {
  const records = recordsOf(file, separator);
  const head = await records.next();
  if (head.done === true)
    throw new UnreadableTable(`${file} is empty; its first line has to name the columns`);
  const columns = head.value.cells.map((name, index): Column => {
    return { name: name ?? `column${index + 1}`, type: { kind: "text" } };
  });
  return { columns, rows: pieces(file, columns.length, records) };
}

async function* pieces(
  file: string,
  width: number,
  records: AsyncGenerator<CsvRecord>,
): AsyncGenerator<Rows> {
  let cells: Cell[][] = [];
  let count = 0;
  let letters = 0;
  const empty = (): void => {
    cells = Array.from({ length: width }, () => []);
    count = 0;
    letters = 0;
  };
  empty();
  for await (const { cells: record, line } of records) {
    if (record.length !== width)
      throw new UnreadableTable(
        `${file}: the row of line ${line} has ${record.length} cells, the first line ${width}`,
      );
    for (const [index, cell] of record.entries()) {
      cells[index]?.push(cell);
      letters += cell?.length ?? 0;
    }
    count += 1;
    if (count < PIECE_ROWS && letters < PIECE_LETTERS) continue;
    yield { count, cells };
    empty();
  }
  if (count > 0) yield { count, cells };
}

async function* recordsOf(file: string, separator: string): AsyncGenerator<CsvRecord> {
  const records = new CsvRecords(file, { delimiter: separator, isMultiLine: true });
  for await (const chunk of fs.createReadStream(file, "utf8") as AsyncIterable<string>)
    yield* records.push(chunk);
  yield* records.end();
}
