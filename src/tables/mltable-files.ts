// The files of an MLTable read one after another as one table, by its `read_…`. Knows nothing of what is done to the rows.

import type { Transformation } from "../spec/mltable/mltable.ts";
import type { ByteSource } from "./byte-source.ts";
import { csvTable, USUAL_CSV } from "./csv-table.ts";
import { fileFormat } from "./file-format.ts";
import { jsonLinesTable } from "./json-lines-table.ts";
import { openTable } from "./open-table.ts";
import { parquetTable } from "./parquet-table.ts";
import { type Findings, TABLE_LIMITS, type Table, type TableColumn, type Value } from "./table.ts";
import { UnreadableTable } from "./unreadable-table.ts";

/** A file of a table: its bytes, and the path that its partitions and a column of paths are told by. */
export interface TableFile {
  readonly path: string;
  readonly source: ByteSource;
}

export type Columns = readonly TableColumn[];

export interface FileRow {
  readonly path: string;
  readonly values: readonly (Value | undefined)[];
}

export interface ColumnTable {
  readonly columns: Columns;
  readonly isTextual: boolean;
  readonly rows: AsyncGenerator<readonly FileRow[]>;
}

type Read = Extract<
  Transformation,
  { kind: "read_delimited" | "read_parquet" | "read_json_lines" }
>;

/** Without a `read_…` a table of files is a table of their paths. */
export async function joinedFiles(
  files: readonly TableFile[],
  read: Read | undefined,
  findings: Findings,
): Promise<ColumnTable> {
  const [first] = files;
  if (first === undefined) throw new UnreadableTable("the MLTable file leads to no files");
  if (read === undefined) return pathsOf(files);
  const opened = await openFile(first, read, null, findings);
  const joined = new JoinedColumns(read.pathColumn);
  joined.add(opened.columns, read);
  const isTextual = opened.isTextual && !(read.kind === "read_delimited" && !read.inferColumnTypes);
  const rows = rowsOf({ files, first: opened, read, joined, findings });
  return { columns: joined.columns, isTextual, rows };
}

/** All files of a folder, each by what it is. */
export async function joinedParts(files: readonly TableFile[], findings: Findings): Promise<Table> {
  const open = async ({ source }: TableFile): Promise<Table> => {
    const format = await fileFormat(source);
    if (format.kind !== "table") throw new UnreadableTable(`${source.name} is no table`);
    return openTable(source, format.format, findings, null);
  };
  const first = await open(files[0] as TableFile);
  const joined = new JoinedColumns(null);
  joined.add(first.columns, null);
  async function* rows(): AsyncGenerator<readonly (readonly (Value | undefined)[])[]> {
    for (const [index, file] of files.entries()) {
      const table = index === 0 ? first : await open(file);
      for await (const piece of table.rows) {
        const places = joined.add(table.columns, null);
        yield piece.map((values) => joined.row(values, places, file.path));
      }
    }
  }
  const { isTextual } = first;
  return { columns: joined.columns, isTextual, rowCount: null, findings, rows: rows() };
}

function pathsOf(files: readonly TableFile[]): ColumnTable {
  async function* rows(): ColumnTable["rows"] {
    yield files.map(({ path }) => ({ path, values: [path] }));
  }
  return { columns: [{ name: "Path", type: "text" }], isTextual: false, rows: rows() };
}

interface Reading {
  readonly files: readonly TableFile[];
  readonly first: Table;
  readonly read: Read;
  readonly joined: JoinedColumns;
  readonly findings: Findings;
}

async function* rowsOf({ files, first, read, joined, findings }: Reading): ColumnTable["rows"] {
  const names = first.columns.map(({ name }) => name);
  for (const [index, file] of files.entries()) {
    const table = index === 0 ? first : await openFile(file, read, names, findings);
    for await (const piece of table.rows) {
      const places = joined.add(table.columns, read);
      const { path } = file;
      yield piece.map((values) => ({ path, values: joined.row(values, places, path) }));
    }
  }
}

/** `names`: the head of the first file; null for that file itself. */
async function openFile(
  { source }: TableFile,
  read: Read,
  names: readonly string[] | null,
  findings: Findings,
): Promise<Table> {
  if (read.kind === "read_parquet") return parquetTable(source, findings, null);
  if (read.kind === "read_json_lines") return jsonLinesTable(source, read, findings);
  const { delimiter, encoding, header, supportMultiLine, emptyAsString } = read;
  const isFirst = names === null;
  const hasOwnHead = isFirst || header === "all_files_different_headers";
  return csvTable(
    source,
    {
      ...USUAL_CSV,
      delimiter,
      encoding,
      isMultiLine: supportMultiLine,
      emptyAsText: emptyAsString,
      hasHead: header !== "no_header" && (isFirst || header !== "from_first_file"),
      names: hasOwnHead ? null : names,
    },
    findings,
  );
}

/** Columns by name; a file that brings another one adds it at the end. */
class JoinedColumns {
  readonly columns: TableColumn[] = [];
  readonly #places = new Map<string, number>();
  readonly #hasPath: boolean;

  constructor(pathColumn: string | null) {
    this.#hasPath = pathColumn !== null;
    if (pathColumn !== null) this.#place({ name: pathColumn, type: "text" });
  }

  /** Where each column of a file stands here. */
  add(columns: Columns, read: Read | null): readonly number[] {
    const isText = read?.kind === "read_delimited" && !read.inferColumnTypes;
    return columns.map((column) => this.#place(isText ? { ...column, type: "text" } : column));
  }

  row(
    values: readonly (Value | undefined)[],
    places: readonly number[],
    path: string,
  ): readonly (Value | undefined)[] {
    const row = new Array<Value>(this.columns.length).fill(null);
    if (this.#hasPath) row[0] = path;
    for (const [at, place] of places.entries()) row[place] = values[at] ?? null;
    return row;
  }

  #place(column: TableColumn): number {
    const known = this.#places.get(column.name);
    if (known !== undefined) return known;
    if (this.columns.length >= TABLE_LIMITS.columns)
      throw new UnreadableTable(`the table has more than ${TABLE_LIMITS.columns} columns`);
    this.#places.set(column.name, this.columns.length);
    return this.columns.push(column) - 1;
  }
}
