// The names of a table's columns, where a file says them by itself: the first line of CSV and TSV, the footer of Parquet.
// Reads a few kilobytes; what cannot be read has no columns.

import fs from "node:fs";
import path from "node:path";
import { openFile } from "../../ports/read-file.ts";

export interface TableField {
  readonly name: string;
  /** Null where the file does not say it. */
  readonly type: string | null;
}

const HEAD_BYTES = 64 * 1024;
const MOST_FIELDS = 1000;

export async function tableFields(file: string): Promise<readonly TableField[] | null> {
  const ending = path.extname(file).toLowerCase();
  try {
    if (ending === ".csv") return headerFields(file, ",");
    if (ending === ".tsv") return headerFields(file, "\t");
    return ending === ".parquet" ? await parquetFields(file) : null;
  } catch {
    return null;
  }
}

function headerFields(file: string, separator: string): readonly TableField[] | null {
  const handle = openFile(file);
  try {
    const bytes = Buffer.alloc(HEAD_BYTES);
    const text = bytes.toString("utf8", 0, fs.readSync(handle, bytes, 0, HEAD_BYTES, 0));
    const names = firstRow(text.replace(/^\ufeff/, ""), separator);
    return names === null ? null : names.map((name) => ({ name, type: null }));
  } finally {
    fs.closeSync(handle);
  }
}

/** Null for one that does not end in what was read, or is too wide to be a heading. */
function firstRow(text: string, separator: string): readonly string[] | null {
  const cells: string[] = [];
  let cell = "";
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] as string;
    if (isQuoted && sign === '"' && text[at + 1] === '"') {
      cell += sign;
      at += 1;
    } else if (sign === '"') isQuoted = !isQuoted;
    else if (isQuoted) cell += sign;
    else if (sign === separator) cells.push(cell);
    else if (sign === "\n" || sign === "\r") return cells.concat(cell);
    else cell += sign;
    if (!isQuoted && sign === separator) cell = "";
    if (cells.length > MOST_FIELDS) return null;
  }
  return text.length < HEAD_BYTES && text !== "" ? cells.concat(cell) : null;
}

async function parquetFields(file: string): Promise<readonly TableField[]> {
  const { asyncBufferFromFile, parquetMetadataAsync } = await import("hyparquet");
  const { schema } = await parquetMetadataAsync(await asyncBufferFromFile(file));
  return schema.slice(1, MOST_FIELDS).map(({ name, type, converted_type: converted }) => ({
    name,
    type: converted ?? type ?? null,
  }));
}
