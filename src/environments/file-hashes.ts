// Hashes of files of this machine, remembered by their stamps in one document of the per-user cache. Knows nothing of what
// the files are.

import { createHash } from "node:crypto";
import fs from "node:fs";
import { readDocument, writeDocument } from "./disk-cache.ts";
import { isRacy, stampOfStats } from "./stamp.ts";

interface KnownFiles {
  readonly takenAt: number;
  /** Path → [stamp, sha256 of the bytes]. */
  readonly files: Readonly<Record<string, readonly [string, string]>>;
}

export interface FileHashes {
  /** sha256 of its bytes; null for what is no file. */
  of(file: string): string | null;
  /** Keeps those that were asked for, and no others. */
  save(): void;
}

/** A wheel may have gigabytes. */
const PIECE_BYTES = 1 << 20;

export function fileHashes(cacheFile: string): FileHashes {
  const known = readDocument<KnownFiles>(cacheFile) ?? { takenAt: 0, files: {} };
  const takenAt = Date.now();
  const seen: Record<string, readonly [string, string]> = {};
  let changed = false;
  return {
    of(file) {
      const stats = fs.statSync(file, { bigint: true, throwIfNoEntry: false });
      if (stats === undefined || !stats.isFile()) return null;
      const stamp = stampOfStats(stats);
      const cached = known.files[file];
      const isKnown = cached?.[0] === stamp && !isRacy(stamp, known.takenAt);
      const id = isKnown ? cached[1] : hashFile(file);
      changed ||= !isKnown;
      seen[file] = [stamp, id];
      return id;
    },
    save() {
      if (changed || Object.keys(seen).length !== Object.keys(known.files).length)
        writeDocument(cacheFile, { takenAt, files: seen } satisfies KnownFiles);
    },
  };
}

function hashFile(file: string): string {
  const hash = createHash("sha256");
  const handle = fs.openSync(file, "r");
  try {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    for (let size = -1; size !== 0; ) {
      size = fs.readSync(handle, piece);
      hash.update(piece.subarray(0, size));
    }
    return hash.digest("hex");
  } finally {
    fs.closeSync(handle);
  }
}
