// Tables as files, of every format that the library reads and writes: CSV, TSV, JSON lines, Parquet. A few thousand rows at a
// time, so that memory does not grow with them.

import fs from "node:fs";
import path from "node:path";
import type { Column, RowStream } from "../../src/ports/tables.ts";
import { readParquet } from "../../src/tables/parquet-read.ts";
import { UnreadableTable } from "../../src/tables/unreadable-table.ts";
import { readCsv } from "../../src/transfers/csv-read.ts";
import { writeParquet } from "../../src/transfers/parquet-write.ts";
import { readJsonLines } from "./json-lines-read.ts";
import { StepFailure } from "./program.ts";
import { writeText } from "./text-write.ts";

export const FORMATS = ["csv", "tsv", "jsonl", "parquet"] as const;
export type Format = (typeof FORMATS)[number];

const ENDINGS: Readonly<Record<string, Format>> = {
  ".csv": "csv",
  ".tsv": "tsv",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".parquet": "parquet",
};

export interface Table {
  /** In the order of their paths; all of one format. */
  readonly files: readonly string[];
  readonly format: Format;
  /** The rows of all files, from the start each time. */
  open(): Promise<RowStream>;
}

/** A file, or all tables of a folder. `format`: what they are where their names do not say so; null: by name. */
export function findTable(at: string, format: Format | null): Table {
  const files = fs.statSync(at).isDirectory() ? tablesIn(at) : [at];
  const [first] = files;
  if (first === undefined)
    throw new StepFailure(
      "there is no .csv, .tsv, .jsonl or .parquet file in the data",
      "give a folder with such files, or one file",
    );
  const found = format ?? formatOf(first);
  const other = files.find((file) => format === null && formatOf(file) !== found);
  if (other !== undefined)
    throw new StepFailure(
      `${path.basename(first)} and ${path.basename(other)} are of different formats`,
      "convert them first, one by one",
    );
  return { files, format: found, open: () => guarded(() => openAll(files, found)) };
}

function tablesIn(folder: string): readonly string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && path.extname(entry.name).toLowerCase() in ENDINGS)
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

function formatOf(file: string): Format {
  const known = ENDINGS[path.extname(file).toLowerCase()] ?? formatOfBytes(file);
  if (known !== null) return known;
  throw new StepFailure(
    `${path.basename(file)} does not say what it is`,
    `name it .csv, .tsv, .jsonl or .parquet, or say so: from: csv`,
  );
}

/** Parquet says so in its first bytes. */
function formatOfBytes(file: string): Format | null {
  const head = Buffer.alloc(4);
  const handle = fs.openSync(file, "r");
  try {
    fs.readSync(handle, head, 0, 4, 0);
  } finally {
    fs.closeSync(handle);
  }
  return head.toString("latin1") === "PAR1" ? "parquet" : null;
}

async function openAll(files: readonly string[], format: Format): Promise<RowStream> {
  const first = await openFile(files[0] as string, format);
  const names = shape(first.columns);
  async function* all(): RowStream["rows"] {
    yield* first.rows;
    for (const file of files.slice(1)) {
      const next = await openFile(file, format);
      if (shape(next.columns) !== names)
        throw new UnreadableTable(
          `${path.basename(file)} has other columns than ${path.basename(files[0] as string)}`,
        );
      yield* next.rows;
    }
  }
  return { columns: first.columns, rows: all() };
}

function shape(columns: readonly Column[]): string {
  return JSON.stringify(columns);
}

function openFile(file: string, format: Format): Promise<RowStream> {
  if (format === "parquet") return readParquet(file);
  if (format === "jsonl") return readJsonLines(file);
  return readCsv(file, format === "tsv" ? "\t" : ",");
}

/** What cannot be read is a failure with words, wherever in the file it turns up. */
async function guarded(open: () => Promise<RowStream>): Promise<RowStream> {
  try {
    const { columns, rows } = await open();
    const twice = columns.find(
      ({ name }, index) => columns.findIndex((one) => one.name === name) < index,
    );
    if (twice !== undefined) throw new UnreadableTable(`two columns are named ${twice.name}`);
    return { columns, rows: guardedRows(rows) };
  } catch (error) {
    throw asFailure(error);
  }
}

async function* guardedRows(rows: RowStream["rows"]): RowStream["rows"] {
  try {
    yield* rows;
  } catch (error) {
    throw asFailure(error);
  }
}

function asFailure(error: unknown): unknown {
  if (!(error instanceof UnreadableTable)) return error;
  return new StepFailure(error.message, "mend the file, or say what it is: from: csv");
}

/** Writes `data.FORMAT` (or another name) into a folder; gives how many rows. */
export async function writeTable(
  folder: string,
  stream: RowStream,
  { format, name = "data" }: { readonly format: Format; readonly name?: string },
): Promise<number> {
  const file = path.join(folder, `${name}.${format}`);
  if (format !== "parquet") return writeText(file, stream, format);
  const { rows } = await writeParquet(file, stream, () => {});
  return rows;
}
