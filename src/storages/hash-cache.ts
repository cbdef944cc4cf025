// Remembers content ids of files that have not changed since they were hashed. One packed file for each place asked about,
// read when first needed, replaced by rename. A lost or damaged cache only costs time.

import { hash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContentId } from "../core/content.ts";
import type { Listed, ListedFile } from "./walk.ts";

/**
 * A file that was altered within the clock's resolution of being hashed could be altered again without a new time:
 * only times older than this at the moment of hashing are trusted (git's "racy" rule).
 */
export const RACY_MS = 2000;

/** Bumped when the layout below changes: other files are ignored. */
const FORMAT = "stepwell hashes 1";

export interface Remembered {
  readonly id: ContentId;
  readonly sizeBytes: number;
  readonly files: number;
}

/** What is known about a place (a folder asked about as a whole, or the folder of single files). */
export interface CachePage {
  /** Answer for the whole folder when its seal is still this one. */
  readonly whole: (Remembered & { readonly seal: string }) | null;
  /** Key of each file → its id. */
  readonly ids: ReadonlyMap<string, ContentId>;
}

/** Everything by which a file is recognised. */
export function fileKey(file: ListedFile): string {
  return `${file.path}\0${file.device} ${file.inode} ${file.size} ${file.mtimeMs} ${file.ctimeMs}`;
}

export function isSettled(entry: Listed, hashedAt: number): boolean {
  if (entry.type !== "file") return true;
  return Math.max(entry.mtimeMs, entry.ctimeMs) < hashedAt - RACY_MS;
}

/** First line: the answer for the whole; then key, NUL NUL, id for each file. Null when there is none. */
export function readPage(cacheFolder: string, place: string): CachePageReader | null {
  let text: string;
  try {
    text = readFileSync(pagePath(cacheFolder, place), "utf8");
  } catch {
    return null;
  }
  const first = text.indexOf("\n");
  const second = text.indexOf("\n", first + 1);
  if (text.slice(0, first) !== FORMAT || second === -1) return null;
  return {
    whole: wholeOf(text.slice(first + 1, second), place),
    ids: () => idsOf(text, second + 1),
  };
}

/** The list of files is only unpacked when asked for. */
export interface CachePageReader {
  readonly whole: CachePage["whole"];
  ids(): Map<string, ContentId>;
}

export function writePage(cacheFolder: string, place: string, page: CachePage): void {
  const path = pagePath(cacheFolder, place);
  const parts = [FORMAT, "\n", JSON.stringify({ place, whole: page.whole }), "\n"];
  for (const [key, id] of page.ids) parts.push(key, "\0\0", id, "\n\0");
  try {
    mkdirSync(cacheFolder, { recursive: true });
    const temporary = `${path}.${process.pid}.${writes++}.tmp`;
    writeFileSync(temporary, parts.join(""));
    renameSync(temporary, path);
  } catch {
    // Without it, the files are hashed again next time.
  }
}

let writes = 0;

function pagePath(cacheFolder: string, place: string): string {
  return join(cacheFolder, hash("sha256", place).slice(0, 32));
}

function wholeOf(line: string, place: string): CachePage["whole"] {
  try {
    const head = JSON.parse(line) as { place: string; whole: CachePage["whole"] };
    return head.place === place ? head.whole : null;
  } catch {
    return null;
  }
}

function idsOf(text: string, start: number): Map<string, ContentId> {
  const ids = new Map<string, ContentId>();
  for (let at = start; at < text.length; ) {
    const middle = text.indexOf("\0\0", at);
    const end = text.indexOf("\n\0", middle);
    if (middle === -1 || end === -1) break;
    ids.set(text.slice(at, middle), text.slice(middle + 2, end) as ContentId);
    at = end + 2;
  }
  return ids;
}
