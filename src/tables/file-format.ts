// What a file is: by its first bytes where they say it, else by its name, else by how its text looks.

import type { ByteSource } from "./byte-source.ts";
import { delimiterOf, widthOf } from "./csv-table.ts";
import { isUtf8 } from "./decoded-text.ts";
import { type ImageSize, imageSize } from "./image-size.ts";

export type TableFormat = "csv" | "json_lines" | "parquet";

export type FileFormat =
  | { readonly kind: "table"; readonly format: TableFormat }
  | { readonly kind: "image"; readonly image: ImageSize }
  | { readonly kind: "text" | "binary" | "empty" };

const HEAD_BYTES = 1 << 16;
/** Pictures may carry as much before their size. */
const IMAGE_HEAD_BYTES = 1 << 20;

export async function fileFormat(source: ByteSource): Promise<FileFormat> {
  if (source.sizeBytes === 0) return { kind: "empty" };
  const head = await source.read(0, HEAD_BYTES);
  if (Buffer.from(head.subarray(0, 4)).toString("latin1") === "PAR1") return table("parquet");
  const image = imageSize(head) ?? (await jpegFurtherBehind(source, head));
  if (image !== null) return { kind: "image", image };
  const named = formatByName(source.name);
  const isPacked = head[0] === 0x1f && head[1] === 0x8b;
  if (named === "parquet") return table(named);
  if (isPacked) return named === null ? { kind: "binary" } : table(named);
  if (hasMark(head)) return named === null ? { kind: "text" } : table(named);
  // Names lie; no text has a NUL in it.
  if (head.includes(0)) return { kind: "binary" };
  if (named !== null) return table(named);
  if (!isUtf8(head)) return { kind: "binary" };
  return formatOfText(source.name, Buffer.from(head).toString("utf8"));
}

function table(format: TableFormat): FileFormat {
  return { kind: "table", format };
}

async function jpegFurtherBehind(source: ByteSource, head: Uint8Array): Promise<ImageSize | null> {
  if (head[0] !== 0xff || head[1] !== 0xd8 || head[2] !== 0xff) return null;
  return imageSize(await source.read(0, IMAGE_HEAD_BYTES));
}

/** Of UTF-16, whose letters of ours have a NUL each. */
function hasMark(head: Uint8Array): boolean {
  return (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
}

/** Null: the name says nothing. */
export function formatByName(name: string): TableFormat | null {
  const [, ending = ""] = /\.([a-z0-9]+)(?:\.gz)?$/i.exec(name) ?? [];
  switch (ending.toLowerCase()) {
    case "csv":
    case "tsv":
    case "tab":
      return "csv";
    case "jsonl":
    case "ndjson":
      return "json_lines";
    case "parquet":
    case "pq":
      return "parquet";
    default:
      return null;
  }
}

/** A name with another ending is no table, however it looks: a program or a page of text is none. */
function formatOfText(name: string, head: string): FileFormat {
  if (/\.[A-Za-z]\w*$/.test(name) && !/\.(?:data|dat|txt|json|part|out)$/i.test(name))
    return { kind: "text" };
  const [first = ""] = head.split("\n", 1);
  if (isJsonObject(first)) return table("json_lines");
  const lines = head.split(/\r\n|\r|\n/).length;
  return lines > 2 && widthOf(head, delimiterOf(name, head)) > 1 ? table("csv") : { kind: "text" };
}

function isJsonObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
