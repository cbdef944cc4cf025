// The rows of one CSV file with a line of names, as texts; an empty cell without quotes is null. Knows nothing of where they
// go.

import fs from "node:fs";
import type { Cell, Column, RowStream, Rows } from "../ports/tables.ts";
import { UnreadableTable } from "./parquet-read.ts";

const PIECE_ROWS = 5_000;
const PIECE_LETTERS = 2 << 20;

/** `separator`: `,`, or a tab for TSV. */
export async function readCsv(file: string, separator: string): Promise<RowStream> {
  const records = recordsOf(file, separator);
  const head = await records.next();
  if (head.done === true)
    throw new UnreadableTable(`${file} is empty; its first line has to name the columns`);
  const columns = head.value.map((name, index): Column => {
    return { name: name ?? `column${index + 1}`, type: { kind: "text" } };
  });
  return { columns, rows: pieces(file, columns.length, records) };
}

async function* pieces(
  file: string,
  width: number,
  records: AsyncGenerator<readonly (string | null)[]>,
): AsyncGenerator<Rows> {
  let cells: Cell[][] = [];
  let count = 0;
  let letters = 0;
  let line = 1;
  const empty = (): void => {
    cells = Array.from({ length: width }, () => []);
    count = 0;
    letters = 0;
  };
  empty();
  for await (const record of records) {
    line += 1;
    if (record.length !== width)
      throw new UnreadableTable(
        `${file}: record ${line} has ${record.length} cells, the first line ${width}`,
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

/** A cell in quotes may hold separators, line ends and doubled quotes. Lines without anything are left out. */
async function* recordsOf(
  file: string,
  separator: string,
): AsyncGenerator<readonly (string | null)[]> {
  let record: (string | null)[] = [];
  let cell = "";
  let quoted: "no" | "inside" | "closed" = "no";
  let first = true;
  const endCell = (): void => {
    record.push(cell === "" && quoted === "no" ? null : cell);
    cell = "";
    quoted = "no";
  };
  for await (const chunk of fs.createReadStream(file, "utf8") as AsyncIterable<string>) {
    const text = first ? chunk.replace(/^\ufeff/, "") : chunk;
    first = false;
    for (const letter of text) {
      if (quoted === "inside") {
        if (letter === '"') quoted = "closed";
        else cell += letter;
      } else if (letter === '"' && quoted === "closed") {
        cell += letter;
        quoted = "inside";
      } else if (letter === '"' && cell === "") quoted = "inside";
      else if (letter === separator) endCell();
      else if (letter === "\n") {
        endCell();
        if (record.length > 1 || record[0] !== null) yield record;
        record = [];
      } else if (letter !== "\r") cell += letter;
    }
  }
  if (quoted === "inside") throw new UnreadableTable(`${file} ends inside of a cell in quotes`);
  if (cell !== "" || quoted !== "no" || record.length > 0) {
    endCell();
    yield record;
  }
}
