// Rows as CSV, TSV or JSON lines. In CSV null is an empty cell and an empty text is `""`, as it is read back.

import fs from "node:fs";
import type { Cell, Column, RowStream } from "../../src/ports/tables.ts";
import { cellJson, cellText } from "./cell-text.ts";

const BLOCK_LETTERS = 1 << 20;

export async function writeText(
  file: string,
  { columns, rows }: RowStream,
  format: "csv" | "tsv" | "jsonl",
): Promise<number> {
  const handle = fs.openSync(file, "w");
  try {
    const line = format === "jsonl" ? jsonLine(columns) : separatedLine(columns, format);
    let block = format === "jsonl" ? "" : headLine(columns, format);
    let count = 0;
    for await (const piece of rows) {
      for (let row = 0; row < piece.count; row += 1) {
        block += line(piece.cells, row);
        if (block.length < BLOCK_LETTERS) continue;
        writeAll(handle, block);
        block = "";
      }
      count += piece.count;
    }
    writeAll(handle, block);
    return count;
  } finally {
    fs.closeSync(handle);
  }
}

type Line = (cells: readonly (readonly Cell[])[], row: number) => string;

function headLine(columns: readonly Column[], format: "csv" | "tsv"): string {
  const separator = format === "tsv" ? "\t" : ",";
  return `${columns.map(({ name }) => quoted(name, separator)).join(separator)}\n`;
}

function separatedLine(columns: readonly Column[], format: "csv" | "tsv"): Line {
  const separator = format === "tsv" ? "\t" : ",";
  return (cells, row) => {
    const words = columns.map(({ type }, index) => {
      const text = cellText(cells[index]?.[row] ?? null, type);
      return text === null ? "" : quoted(text, separator);
    });
    // A line without anything would not be read back.
    return `${words.length === 1 && words[0] === "" ? '""' : words.join(separator)}\n`;
  };
}

function quoted(text: string, separator: string): string {
  const needs = text === "" || text.includes(separator) || /["\n\r]|^\ufeff/.test(text);
  return needs ? `"${text.replaceAll('"', '""')}"` : text;
}

function jsonLine(columns: readonly Column[]): Line {
  const names = columns.map(({ name }) => JSON.stringify(name));
  return (cells, row) => {
    const members = columns.map(
      ({ type }, index) => `${names[index]}:${cellJson(cells[index]?.[row] ?? null, type)}`,
    );
    return `{${members.join(",")}}\n`;
  };
}

function writeAll(handle: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(handle, bytes, at);
}
