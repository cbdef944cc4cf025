// A table of separated values: what separates them, its head, and rows that are longer or shorter than it. Knows nothing of
// types; all values are texts.

import type { TextEncoding } from "../spec/mltable/mltable.ts";
import type { ByteSource } from "./byte-source.ts";
import { type CsvRecord, CsvRecords } from "./csv-records.ts";
import { decodedText } from "./decoded-text.ts";
import {
  type Findings,
  TABLE_LIMITS,
  type Table,
  type TableColumn,
  type TableRow,
} from "./table.ts";
import { UnreadableTable } from "./unreadable-table.ts";

export interface CsvSettings {
  /** Null: found out. */
  readonly delimiter: string | null;
  readonly encoding: TextEncoding | null;
  /** False: the first row is data, and columns are named by their place. */
  readonly hasHead: boolean;
  readonly isMultiLine: boolean;
  /** Names that stand for those of the head; the head, where there is one, is still passed over. */
  readonly names: readonly string[] | null;
  readonly emptyAsText: boolean;
}

export const USUAL_CSV: CsvSettings = {
  delimiter: null,
  encoding: null,
  hasHead: true,
  isMultiLine: true,
  names: null,
  emptyAsText: false,
};

/** Reads as far as the head. */
export async function csvTable(
  source: ByteSource,
  settings: CsvSettings,
  findings: Findings,
): Promise<Table> {
  const text = decodedText(source, settings.encoding, findings);
  const records = recordsOf(source.name, text, settings);
  const first = await records.next();
  if (first.done === true && settings.hasHead)
    throw new UnreadableTable(`${source.name} is empty; its first line has to name the columns`);
  const head: readonly (string | null)[] = first.done === true ? [] : first.value.cells;
  const names =
    settings.names ??
    (settings.hasHead ? headNames(head, findings) : head.map((_, at) => place(at)));
  const columns = names.map((name): TableColumn => ({ name, type: null }));
  const before = first.done === true || settings.hasHead ? [] : [first.value];
  const rows = pieces(before, records, { width: columns.length, settings, findings });
  return { columns, isTextual: true, rowCount: null, findings, rows };
}

function headNames(head: readonly (string | null)[], findings: Findings): readonly string[] {
  const seen = new Set<string>();
  return head.map((cell, at) => {
    const written = cell?.trim() || place(at);
    let name = written;
    for (let again = 2; seen.has(name); again += 1) name = `${written}_${again}`;
    if (cell?.trim() && name !== written) findings.add("a name stands twice in the head");
    seen.add(name);
    return name;
  });
}

function place(at: number): string {
  return `Column${at + 1}`;
}

async function* recordsOf(
  name: string,
  text: AsyncGenerator<string>,
  { delimiter, isMultiLine }: CsvSettings,
): AsyncGenerator<CsvRecord> {
  try {
    let records: CsvRecords | null = null;
    for await (const piece of text) {
      const form = { delimiter: delimiter ?? delimiterOf(name, piece), isMultiLine };
      records ??= new CsvRecords(name, form);
      yield* records.push(piece);
    }
    if (records !== null) yield* records.end();
  } finally {
    await text.return(undefined);
  }
}

const DELIMITERS = [",", "\t", ";", "|"];
const LOOKED_AT = 1 << 16;

/** The one that cuts the first rows into the most cells, as many in each. */
export function delimiterOf(name: string, head: string): string {
  if (/\.(?:tsv|tab)(?:\.gz)?$/i.test(name)) return "\t";
  const widths = DELIMITERS.map((delimiter) => widthOf(head.slice(0, LOOKED_AT), delimiter));
  const most = Math.max(...widths);
  return most > 1 ? (DELIMITERS[widths.indexOf(most)] as string) : ",";
}

/** Cells of each of the first rows; 0 where they differ or nothing is cut. */
export function widthOf(text: string, delimiter: string): number {
  const counts = new Set<number>();
  try {
    const records = new CsvRecords("", { delimiter, isMultiLine: true }).push(text);
    for (const { cells } of records.slice(0, 20)) counts.add(cells.length);
    if (records.length === 0) counts.add(text.split(delimiter).length);
  } catch (error) {
    if (!(error instanceof UnreadableTable)) throw error;
  }
  const [only] = counts;
  return counts.size === 1 && only !== undefined ? only : 0;
}

async function* pieces(
  before: readonly CsvRecord[],
  records: AsyncGenerator<CsvRecord>,
  { width, settings, findings }: { width: number; settings: CsvSettings; findings: Findings },
): AsyncGenerator<readonly TableRow[]> {
  let rows: TableRow[] = [];
  let letters = 0;
  const take = ({ cells, line }: CsvRecord): void => {
    if (cells.length !== width) {
      const than = settings.hasHead ? "the head" : "the first row";
      findings.add(`a row has ${cells.length > width ? "more" : "fewer"} cells than ${than}`, line);
    }
    const row = cells.length > width ? cells.slice(0, width) : cells;
    rows.push(settings.emptyAsText ? row.map((cell) => cell ?? "") : row);
    for (const cell of row) letters += 8 + (cell?.length ?? 0);
  };
  try {
    for (const record of before) take(record);
    for await (const record of records) {
      take(record);
      if (rows.length < TABLE_LIMITS.pieceRows && letters < TABLE_LIMITS.pieceLetters) continue;
      yield rows;
      rows = [];
      letters = 0;
    }
    if (rows.length > 0) yield rows;
  } finally {
    await records.return(undefined);
  }
}
