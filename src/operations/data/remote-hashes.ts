// What is known of the bytes behind versions of remote files: each is read once. A cache: what is lost is found again by
// reading. Knows nothing of storages.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import type { ContentId } from "../../core/content.ts";
import { readText } from "../../ports/read-file.ts";
import type { StoredFile } from "../../ports/storage.ts";

export interface RemoteHashes {
  /** Null: never read, or nothing tells whether it is still the same. */
  find(file: StoredFile): ContentId | null;
  learn(files: readonly (readonly [file: StoredFile, id: ContentId])[]): void;
}

/** Storages without versions may write twice within the grain of their clocks. */
const SETTLED_MS = 5_000;

/** Whether what a storage says of a file is another whenever its bytes are. */
export function isTold({ version, modifiedAt }: StoredFile, now: number): boolean {
  return version !== null || (modifiedAt !== null && modifiedAt < now - SETTLED_MS);
}

/** `address` names the storage; lines `KEY ID` in one file, added to by every process. */
export function openRemoteHashes(file: string, address: string, now: () => number): RemoteHashes {
  let known: Map<string, ContentId> | null = null;
  const keyOf = (one: StoredFile): string | null => {
    if (!isTold(one, now())) return null;
    const version = one.version ?? `time ${one.modifiedAt}`;
    const text = JSON.stringify([address, one.path, one.sizeBytes, version]);
    return createHash("sha256").update(text).digest("hex").slice(0, 32);
  };
  return {
    find(one) {
      if (one.sha256 !== null) return one.sha256;
      known ??= read(file);
      const key = keyOf(one);
      return key === null ? null : (known.get(key) ?? null);
    },
    learn(files) {
      const lines = files.flatMap(([one, id]) => {
        const key = one.sha256 === null ? keyOf(one) : null;
        return key === null ? [] : [`${key} ${id}\n`];
      });
      if (lines.length === 0) return;
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.appendFileSync(file, lines.join(""));
      known = null;
    },
  };
}

/** A line that was cut off by a crash is none. */
function read(file: string): Map<string, ContentId> {
  const known = new Map<string, ContentId>();
  const text = fs.existsSync(file) ? readText(file) : "";
  for (const line of text.split("\n")) {
    const match = /^([0-9a-f]{32}) (sha256:[0-9a-f]{64})$/.exec(line);
    if (match !== null) known.set(match[1] as string, match[2] as ContentId);
  }
  return known;
}
