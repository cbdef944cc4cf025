// The end of a log, however long it is: reads a bounded block from the end, replaces bytes that are not UTF-8.

import fs from "node:fs";
import { openAttemptLog } from "../../steps/attempt-log.ts";

/** A tail never reads more than this, so a log of 10 GB costs no more than one of 64 kB. */
const BLOCK_BYTES = 64 * 1024;
/** Longer lines are cut: one line without an end must not fill a screen. */
const LINE_CHARACTERS = 2_000;

/** The last `count` lines of a file; empty when there is no file. */
export function lastLines(file: string, count: number): readonly string[] {
  const text = readEnd(file);
  if (text === null) return [];
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines.slice(-count).map(cut);
}

function readEnd(file: string): string | null {
  const log = openAttemptLog(file);
  if (log === null) return null;
  const { handle } = log;
  try {
    const size = fs.fstatSync(handle).size;
    const buffer = Buffer.alloc(Math.min(size, BLOCK_BYTES));
    fs.readSync(handle, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString("utf8");
  } finally {
    fs.closeSync(handle);
  }
}

function cut(line: string): string {
  return line.length > LINE_CHARACTERS ? `${line.slice(0, LINE_CHARACTERS)}…` : line;
}
