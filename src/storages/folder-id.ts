// The content id of a folder from the list of what it holds: a Merkle tree over entries sorted by the bytes of their
// names. Pure; the format with its test vectors is docs/reference/content-id.md and never changes within a version.

import { hash } from "node:crypto";
import type { ContentId, ManifestEntry } from "../core/content.ts";
import { idOf } from "../core/digest.ts";

/** First line of what is hashed for every folder. */
const HEADER = "stepwell folder 1\n";

/**
 * `entries` in any order in which what lies in one folder stands together (sorted by path, or as walked). Folders that
 * hold something are implied, empty ones are listed.
 */
export function folderId(entries: readonly ManifestEntry[]): ContentId {
  return idOf(level(entries, 0, entries.length, 0).hex) as ContentId;
}

export function bytesId(content: string | Buffer): ContentId {
  return idOf(hash("sha256", content)) as ContentId;
}

/** Sorts by raw bytes of UTF-8, which is not JavaScript's own order outside the basic plane. */
export function sortByBytes<T>(items: T[], nameOf: (item: T) => string): T[] {
  const isPlain = !items.some((item) => SURROGATE.test(nameOf(item)));
  return items.sort((one, two) => {
    const [a, b] = [nameOf(one), nameOf(two)];
    if (isPlain) return a < b ? -1 : a > b ? 1 : 0;
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
  });
}

const SURROGATE = /[\ud800-\udfff]/;

interface Level {
  readonly hex: string;
  readonly size: number;
}

function level(entries: readonly ManifestEntry[], from: number, to: number, prefix: number): Level {
  const rows: { readonly name: string; readonly row: string }[] = [];
  let size = 0;
  for (let index = from; index < to; ) {
    const entry = entries[index] as ManifestEntry;
    const slash = entry.path.indexOf("/", prefix);
    if (slash === -1) {
      const name = entry.path.slice(prefix);
      rows.push({ name, row: rowOf(entry, name) });
      if (entry.type === "file") size += entry.size;
      index += 1;
      continue;
    }
    const folder = entry.path.slice(0, slash + 1);
    let end = index + 1;
    while (end < to && entries[end]?.path.startsWith(folder)) end += 1;
    const inner = level(entries, index, end, slash + 1);
    const name = entry.path.slice(prefix, slash);
    rows.push({ name, row: `d ${inner.size} ${inner.hex} ${name}\0` });
    size += inner.size;
    index = end;
  }
  sortByBytes(rows, (row) => row.name);
  let text = HEADER;
  for (const { row } of rows) text += row;
  return { hex: hash("sha256", text), size };
}

const EMPTY_FOLDER = hash("sha256", HEADER);

function rowOf(entry: ManifestEntry, name: string): string {
  switch (entry.type) {
    case "file":
      return `${entry.executable ? "x" : "f"} ${entry.size} ${entry.id.slice(7)} ${name}\0`;
    case "link":
      return `l ${Buffer.byteLength(entry.target)} ${hash("sha256", entry.target)} ${name}\0`;
    case "folder":
      return `d 0 ${EMPTY_FOLDER} ${name}\0`;
    default:
      return entry satisfies never;
  }
}
