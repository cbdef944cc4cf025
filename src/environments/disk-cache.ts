// Small JSON documents in the per-user cache, written whole or not at all. What cannot be read is not there.

import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { checkedText, textOfChecked } from "../core/checked-text.ts";

const FORMAT = "stepwell document";

/** The document, or null when it is missing, or is not as {@link writeDocument} wrote it. */
export function readDocument<T>(file: string): T | null {
  return readAs<T>(file, (written) => textOfChecked(FORMAT, written));
}

/** JSON as it lies there, or null when it is missing or unreadable. */
export function readJson<T>(file: string): T | null {
  return readAs<T>(file, (written) => written);
}

function readAs<T>(file: string, textOf: (written: string) => string | null): T | null {
  try {
    const text = textOf(fs.readFileSync(file, "utf8"));
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}

/** Best effort: a cache that cannot be written costs time, never correctness. */
export function writeDocument(file: string, document: unknown): void {
  try {
    writeWhole(file, checkedText(FORMAT, JSON.stringify(document)));
  } catch {
    // A full or read-only cache: the next call computes it again.
  }
}

/** Writes a text by rename, so that no reader sees a half of it. Throws when the folder cannot be written. */
export function writeWhole(file: string, text: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    fs.writeFileSync(temporary, text);
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}
