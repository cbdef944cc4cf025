// Remembers content ids of files that have not changed since they were hashed. One packed file for each place asked about,
// read when first needed, replaced by rename. A lost or damaged cache only costs time.

import { hash } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkedText, textOfChecked } from "../core/checked-text.ts";
import type { ContentId } from "../core/content.ts";
import { bootId } from "../ports/boot-id.ts";
import { readText } from "../ports/read-file.ts";
import { WRITTEN_BACK_MS } from "./durable.ts";
import { uniqueNumber } from "./unique-number.ts";
import type { Listed, ListedFile } from "./walk.ts";

/**
 * A file that was altered within the clock's resolution of being hashed could be altered again without a new time:
 * only times older than this at the moment of hashing are trusted (git's "racy" rule).
 */
export const RACY_MS = 2000;

/** Bumped when the layout below changes: other files are ignored. */
export const FORMAT = "stepwell hashes 3";

export interface Remembered {
  readonly id: ContentId;
  readonly sizeBytes: number;
  readonly files: number;
  /** When the last of its files was changed. */
  readonly newestMs: number;
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
  const { path, device, inode, size, mtimeMs, ctimeMs } = file;
  // In one piece, for there may be a million of them.
  return [`${path}\0${device}`, inode, size, mtimeMs, ctimeMs].join(" ");
}

export function isSettled(entry: Listed, hashedAt: number): boolean {
  if (entry.type !== "file") return true;
  return Math.max(entry.mtimeMs, entry.ctimeMs) < hashedAt - RACY_MS;
}

/**
 * Null when nothing is remembered about the place. The list of files is only read when it is asked for. Of a page that was
 * written before the machine has started anew only files count that were old then: of younger ones, and of what was
 * concluded from them, a power cut may have left size and times and taken the bytes.
 */
export function readPage(cacheFolder: string, place: string): CachePageReader | null {
  const path = pagePath(cacheFolder, place);
  const head = read(path);
  if (head === null) return null;
  return {
    whole: wholeOf(head, place),
    ids: () => idsOf(read(`${path}.files`) ?? ""),
  };
}

export interface CachePageReader {
  readonly whole: CachePage["whole"];
  ids(): Map<string, ContentId>;
}

/**
 * Two files: the answer for the whole; and the start of the machine, the moment, then key, NUL NUL, id, LF NUL for each file.
 */
export function writePage(cacheFolder: string, place: string, page: CachePage): void {
  const path = pagePath(cacheFolder, place);
  const parts: string[] = [`${bootId()}\n${Date.now()}\n`];
  for (const [key, id] of page.ids) parts.push(key, "\0\0", id, "\n\0");
  try {
    mkdirSync(cacheFolder, { recursive: true });
    // A crash in between is harmless: either file says by itself what it was true of.
    replace(`${path}.files`, parts.join(""));
    replace(path, JSON.stringify({ place, boot: bootId(), whole: page.whole }));
  } catch {
    // Without it, the files are hashed again next time.
  }
}

function replace(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.${uniqueNumber()}.tmp`;
  writeFileSync(temporary, checkedText(FORMAT, text));
  renameSync(temporary, path);
}

function read(path: string): string | null {
  try {
    return textOfChecked(FORMAT, readText(path));
  } catch {
    return null;
  }
}

function pagePath(cacheFolder: string, place: string): string {
  return join(cacheFolder, hash("sha256", place).slice(0, 32));
}

function wholeOf(text: string, place: string): CachePage["whole"] {
  try {
    const head = JSON.parse(text) as { place: string; boot: string; whole: CachePage["whole"] };
    return head.place === place && head.boot === bootId() ? head.whole : null;
  } catch {
    return null;
  }
}

function idsOf(text: string): Map<string, ContentId> {
  const ids = new Map<string, ContentId>();
  const [boot = "", at = ""] = text.split("\n", 2);
  const isTrusted = boot === bootId() ? () => true : wasOldAt(Number(at));
  for (let from = boot.length + at.length + 2; from < text.length; ) {
    const middle = text.indexOf("\0\0", from);
    const end = text.indexOf("\n\0", middle);
    if (middle === -1 || end === -1) break;
    const key = text.slice(from, middle);
    if (isTrusted(key)) ids.set(key, text.slice(middle + 2, end) as ContentId);
    from = end + 2;
  }
  return ids;
}

/** By its key: its times are at the end. */
function wasOldAt(moment: number): (key: string) => boolean {
  return (key) => {
    const [changed = 0, modified = 0] = key.split(" ").slice(-2).map(Number);
    return Math.max(changed, modified) < moment - WRITTEN_BACK_MS;
  };
}
