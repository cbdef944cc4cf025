// The rows of one Parquet file, a piece of a row group at a time, by ranges: the footer, then what the rows need. Nothing
// that the file says of itself is believed before it is looked at. Knows nothing of where the rows go.

import type { AsyncBuffer, FileMetaData, ParquetParsers, SchemaElement } from "hyparquet";
import { StorageError } from "../ports/storage.ts";
import type { Cell, Column, RowStream, Rows } from "../ports/tables.ts";
import { type ByteSource, localSource } from "./byte-source.ts";
import { guardedCompressors } from "./guarded-compressors.ts";
import { rememberingBuffer, shortenedBuffer } from "./parquet-buffers.ts";
import { type ParquetColumn, parquetColumn } from "./parquet-schema.ts";
import { TABLE_LIMITS } from "./table.ts";
import { UnreadableTable } from "./unreadable-table.ts";

/** So many rows are in memory at once, or fewer of large ones. */
const PIECE_ROWS = 50_000;
const PIECE_BYTES = 64 << 20;
/** Few footers are larger than the first; none that means well is larger than the second. */
const FOOTER_GUESS = 1 << 16;
const MOST_FOOTER = 64 << 20;

export async function readParquet(file: string): Promise<RowStream> {
  const { columns, rows } = await openParquet(localSource(file, file));
  return { columns, rows: rows() };
}

export interface ParquetFile {
  readonly columns: readonly Column[];
  readonly rowCount: number;
  /** All of them. */
  rows(): AsyncGenerator<Rows>;
  /** The first ones, with as few bytes read as they need. */
  head(count: number): Promise<Rows>;
}

export async function openParquet(source: ByteSource): Promise<ParquetFile> {
  const { parquetMetadataAsync } = await import("hyparquet");
  try {
    await checkFooter(source);
    const buffer = bufferOf(source);
    const options = { geoparquet: false, initialFetchSize: FOOTER_GUESS };
    const plan = columnsOf(await parquetMetadataAsync(buffer, options));
    return {
      columns: plan.columns,
      rowCount: rowsOf(plan.metadata),
      rows: () => pieces(source.name, buffer, plan),
      head: (count) => headOf(source.name, buffer, plan, count),
    };
  } catch (error) {
    throw unreadable(source.name, error);
  }
}

function bufferOf(source: ByteSource): AsyncBuffer {
  return {
    byteLength: source.sizeBytes,
    async slice(start, end = source.sizeBytes) {
      const { buffer } = await source.read(start, end - start);
      return buffer;
    },
  };
}

async function checkFooter(source: ByteSource): Promise<void> {
  const end = await source.read(Math.max(0, source.sizeBytes - 8), 8);
  if (end.length < 8 || Buffer.from(end.subarray(4)).toString("latin1") !== "PAR1")
    throw new Error("its end is missing");
  const length = new DataView(end.buffer, end.byteOffset).getUint32(0, true);
  if (length > MOST_FOOTER || length > source.sizeBytes - 8)
    throw new Error(`its footer would have ${length} bytes`);
}

function rowsOf(metadata: FileMetaData): number {
  const rows = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  if (!Number.isSafeInteger(rows) || rows < 0) throw new Error(`it would have ${rows} rows`);
  return rows;
}

function unreadable(file: string, error: unknown): Error {
  // What a storage says is no fault of the file.
  if (error instanceof UnreadableTable || error instanceof StorageError) return error;
  return new UnreadableTable(`${file} cannot be read as Parquet: ${(error as Error).message}`, {
    cause: error,
  });
}

interface Plan {
  readonly columns: readonly Column[];
  readonly readers: readonly ((raw: unknown) => Cell)[];
  /** Columns of columns. */
  readonly nested: readonly string[];
  /** With the annotations of plain columns taken off: their raw values are what is read. */
  readonly metadata: FileMetaData;
}

function columnsOf(metadata: FileMetaData): Plan {
  const schema = [...metadata.schema];
  const columns: Column[] = [];
  const readers: ((raw: unknown) => Cell)[] = [];
  const nested: string[] = [];
  if ((schema[0]?.num_children ?? 0) > TABLE_LIMITS.columns)
    throw new Error(`it has more than ${TABLE_LIMITS.columns} columns`);
  let at = 1;
  for (let child = 0; child < (schema[0]?.num_children ?? 0); child += 1) {
    const element = schema[at];
    if (element === undefined) throw new Error("its footer promises more columns than it names");
    const plain = parquetColumn(element);
    const { type, read } = plain ?? AS_JSON;
    columns.push({ name: element.name, type });
    readers.push((raw) => (raw === null || raw === undefined ? null : read(raw)));
    if (plain !== null) schema[at] = bare(element);
    else nested.push(element.name);
    at = behind(schema, at);
  }
  return { columns, readers, nested, metadata: { ...metadata, schema } };
}

function bare(element: SchemaElement): SchemaElement {
  const { converted_type: _converted, logical_type: _logical, ...rest } = element;
  return rest;
}

/** The index of what follows an element with all that it holds. */
function behind(schema: readonly SchemaElement[], at: number): number {
  let next = at + 1;
  for (let child = 0; child < (schema[at]?.num_children ?? 0); child += 1)
    next = behind(schema, next);
  return next;
}

const AS_JSON: ParquetColumn = {
  type: { kind: "json" },
  read: (raw) =>
    JSON.stringify(raw, (_, inner: unknown) => {
      if (inner instanceof Uint8Array) return Buffer.from(inner).toString("base64");
      return typeof inner === "bigint" ? Number(inner) : inner;
    }),
};

async function* pieces(file: string, buffer: AsyncBuffer, plan: Plan): AsyncGenerator<Rows> {
  const remembering = rememberingBuffer(buffer);
  let start = 0;
  for (const group of plan.metadata.row_groups) {
    const end = start + Number(group.num_rows);
    const bytes = group.columns.reduce(
      (sum, { meta_data: meta }) => sum + Number(meta?.total_uncompressed_size ?? 0),
      0,
    );
    const rowBytes = Math.max(1, bytes / Math.max(1, end - start));
    const step = Math.max(100, Math.min(PIECE_ROWS, Math.floor(PIECE_BYTES / rowBytes)));
    try {
      yield* groupRows(remembering, plan, { group, start, end, step });
    } catch (error) {
      throw unreadable(file, error);
    }
    remembering.forget();
    start = end;
  }
}

interface GroupRange {
  readonly group: FileMetaData["row_groups"][number];
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Columns of columns without an index of pages can only be read as a whole: once, and not for each piece. */
async function* groupRows(
  buffer: AsyncBuffer,
  plan: Plan,
  { group, start, end, step }: GroupRange,
): AsyncGenerator<Rows> {
  const unindexed = plan.nested.filter((name) =>
    group.columns.some(
      ({ meta_data: meta, offset_index_offset: index }) =>
        meta?.path_in_schema[0] === name && index === undefined,
    ),
  );
  const names = plan.columns.map(({ name }) => name);
  const asWhole = end - start > step ? unindexed : [];
  const whole = asWhole.length === 0 ? null : await readRange(buffer, plan, start, end, asWhole);
  const inPieces = names.filter((name) => !asWhole.includes(name));
  for (let from = start; from < end; from += step) {
    const to = Math.min(end, from + step);
    const rows = await readRange(buffer, plan, from, to, inPieces);
    const cells = names.map((name, at) =>
      asWhole.includes(name)
        ? (whole?.cells[at]?.slice(from - start, to - start) ?? [])
        : (rows.cells[at] ?? []),
    );
    yield { count: to - from, cells };
  }
}

/** Column by column, each from the beginning of its chunk: most of a large one is not asked for. */
async function headOf(
  file: string,
  buffer: AsyncBuffer,
  plan: Plan,
  wanted: number,
): Promise<Rows> {
  const count = Math.min(wanted, rowsOf(plan.metadata));
  if (count === 0) return { count, cells: plan.columns.map(() => []) };
  const cells: (readonly Cell[])[] = [];
  for (const { name } of plan.columns) {
    try {
      const rows = await shortenedBuffer(buffer, (short) =>
        readRange(short, plan, 0, count, [name]),
      );
      cells.push(rows.cells[plan.columns.findIndex((one) => one.name === name)] ?? []);
    } catch (error) {
      throw unreadable(file, error);
    }
  }
  return { count, cells };
}

async function readRange(
  buffer: AsyncBuffer,
  { columns, readers, metadata }: Plan,
  rowStart: number,
  rowEnd: number,
  only: readonly string[] = columns.map(({ name }) => name),
): Promise<Rows> {
  const { parquetRead } = await import("hyparquet");
  const count = rowEnd - rowStart;
  const wanted = new Set(only);
  const cells = columns.map(({ name }): Cell[] =>
    wanted.has(name) ? new Array<Cell>(count).fill(null) : [],
  );
  if (only.length === 0) return { count, cells };
  const indexOf = new Map(columns.map(({ name }, index) => [name, index]));
  const seen = columns.map(() => 0);
  await parquetRead({
    file: buffer,
    metadata,
    rowStart,
    rowEnd,
    columns: [...only],
    compressors: await guardedCompressors(),
    parsers: PARSERS,
    utf8: false,
    rowFormat: "array",
    useOffsetIndex: true,
    onChunk({ columnName, columnData, rowStart: from }) {
      const index = indexOf.get(columnName) ?? -1;
      const read = readers[index];
      const column = cells[index];
      if (read === undefined || column === undefined) return;
      for (let at = 0; at < columnData.length; at += 1) {
        const row = from + at - rowStart;
        if (row < 0 || row >= count) continue;
        column[row] = read(columnData[at]);
        seen[index] = (seen[index] ?? 0) + 1;
      }
    },
  });
  for (const name of only)
    if ((seen[indexOf.get(name) ?? -1] ?? 0) < count)
      throw new Error(`its footer promises more rows than column ${name} has`);
  return { count, cells };
}

/** Moments of the oldest kind, which has no annotation that could be taken off. */
const PARSERS = {
  timestampFromNanoseconds: (nanoseconds: bigint) => nanoseconds,
} as unknown as ParquetParsers;
