// Small JSON documents in the per-user cache, written whole or not at all. What cannot be read is not there.

import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { digest as digestOf } from "../core/digest.ts";
import { readText } from "../ports/read-file.ts";

/** The document, or null when it is missing, unreadable, or not as it was written. */
export function readDocument<T>(file: string): T | null {
  try {
    const { digest, ...document } = JSON.parse(readText(file));
    // Other versions of Stepwell, which share the cache, may have written none.
    const isWhole = digest === undefined || digest === digestOf(JSON.stringify(document));
    return isWhole ? document : null;
  } catch {
    return null;
  }
}

/** Best effort: a cache that cannot be written costs time, never correctness. */
export function writeDocument(file: string, document: object): void {
  try {
    const digest = digestOf(JSON.stringify(document));
    writeWhole(file, `${JSON.stringify({ ...document, digest })}\n`);
  } catch {
    // A full or read-only cache: the next call computes it again.
  }
}

/**
 * Writes a text by rename, so that no reader sees a half of it, nor what a power cut leaves of it. Throws when the folder
 * cannot be written.
 */
export function writeWhole(file: string, text: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    fs.writeFileSync(temporary, text, { flush: true });
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}
