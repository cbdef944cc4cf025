// What a person sees of data at a glance: the first rows and the types of a table, the size of a picture, the beginning of a
// text, the files of a folder. Reads no more than that needs.

import { decodedText } from "../../tables/decoded-text.ts";
import type { ImageSize } from "../../tables/image-size.ts";
import { firstRows } from "../../tables/open-table.ts";
import { type ColumnKind, Findings } from "../../tables/table.ts";
import { typedColumns, typedValue } from "../../tables/value-kind.ts";
import { isRefusal, type Refusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { findData } from "./find-data.ts";
import { findTable, formatOf, unlessUnreadable } from "./find-table.ts";
import { type OpenData, openData } from "./open-data.ts";
import { unlessStorageFails } from "./storage-refusal.ts";

export type PlainValue = null | boolean | number | string;

export interface DataPreview {
  readonly schema: 1;
  readonly data: string;
  readonly kind: "table" | "image" | "text" | "binary" | "empty" | "folder";
  readonly sizeBytes: number;
  readonly folder: {
    readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
    readonly count: number;
    /** There are more than could be counted. */
    readonly more: boolean;
  } | null;
  readonly table: TablePreview | null;
  readonly image: ImageSize | null;
  readonly text: { readonly lines: readonly string[]; readonly more: boolean } | null;
  readonly notes: readonly string[];
  /** Of the files: what the answer cost. */
  readonly bytesRead: number;
}

export interface TablePreview {
  readonly file: string;
  readonly format: "csv" | "json_lines" | "parquet" | "mltable";
  /** By the rows that are shown where the file does not say them; null: all missing. */
  readonly columns: readonly { readonly name: string; readonly type: ColumnKind | null }[];
  readonly rows: readonly (readonly PlainValue[])[];
  /** Where the file says it. */
  readonly rowCount: number | null;
  readonly more: boolean;
}

export async function previewData(
  workspace: Workspace,
  word: string,
  { folder, rows }: { readonly folder: string; readonly rows: number },
): Promise<DataPreview | Refusal> {
  const reference = await findData(workspace, word, folder);
  if (isRefusal(reference)) return reference;
  const data = await openData(workspace, reference);
  if (isRefusal(data)) return data;
  try {
    return await unlessStorageFails(() => unlessUnreadable(() => look(workspace, data, rows)));
  } finally {
    await data.close();
  }
}

const NAMED_FILES = 20;

async function look(
  workspace: Workspace,
  data: OpenData,
  rows: number,
): Promise<DataPreview | Refusal> {
  const format = await formatOf(data);
  const sizeBytes = data.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const none = { folder: null, table: null, image: null, text: null, bytesRead: 0 };
  const base = { schema: 1, data: data.written, sizeBytes, notes: data.notes, ...none } as const;
  if (format === null || format.kind === "table") {
    const found = await tableOf(workspace, data, rows);
    if (isRefusal(found)) return found;
    const { notes, bytesRead, table } = found;
    const all = { ...base, table, bytesRead, notes: [...data.notes, ...notes] };
    if (format !== null) return { ...all, kind: "table" };
    const files = data.files.slice(0, NAMED_FILES);
    const list = { files, count: data.files.length, more: data.isCut };
    return { ...all, kind: "folder", folder: list };
  }
  if (format.kind === "image") return { ...base, kind: "image", image: format.image };
  if (format.kind !== "text") return { ...base, kind: format.kind };
  return { ...base, kind: "text", ...(await textOf(data, rows)) };
}

interface TableFound {
  readonly table: TablePreview | null;
  readonly notes: readonly string[];
  readonly bytesRead: number;
}

async function tableOf(
  workspace: Workspace,
  data: OpenData,
  count: number,
): Promise<TableFound | Refusal> {
  const found = await findTable(workspace, data, { most: count, joined: false });
  if (found === null) return { table: null, notes: [], bytesRead: 0 };
  if (isRefusal(found)) return found;
  try {
    const { table } = found;
    const { rows, hasMore } = await firstRows(table, count);
    const columns = typedColumns(table, rows);
    const plain = rows.map((row) =>
      columns.map(({ type }, at) => plainValue(typedValue(row[at], table.isTextual ? type : null))),
    );
    const { format, from: file } = found;
    const { rowCount, findings } = table;
    const shown = { file, format, columns, rows: plain, rowCount, more: hasMore };
    return { table: shown, notes: findings.notes(), bytesRead: found.bytesRead() };
  } finally {
    await found.close();
  }
}

/** As JSON holds it. */
export function plainValue(value: ReturnType<typeof typedValue>): PlainValue {
  if (typeof value === "bigint") return String(value);
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

const MOST_LETTERS = 1 << 16;

async function textOf(
  data: OpenData,
  lines: number,
): Promise<Pick<DataPreview, "text" | "bytesRead">> {
  const [file] = data.files;
  const source = data.open(file as (typeof data.files)[number]);
  let text = "";
  let isWhole = true;
  for await (const piece of decodedText(source, null, new Findings())) {
    text += piece;
    isWhole = text.length <= MOST_LETTERS;
    if (!isWhole) break;
  }
  const all = text
    .slice(0, MOST_LETTERS)
    .replace(/\r?\n$/, "")
    .split(/\r?\n/);
  const shown = all.slice(0, lines);
  const more = !isWhole || all.length > shown.length;
  return { text: { lines: shown, more }, bytesRead: source.bytesRead() };
}
