// Names of files that are being written in a folder, and which of those that lie there nobody writes any more: their
// writer was killed. Knows nothing of what is written.

import { randomBytes } from "node:crypto";

import { isDeadWriter, writerMark } from "../ports/writer-mark.ts";
import { UNFINISHED } from "./storage-path.ts";

/** It says whose it is. */
export function newUnfinishedId(): string {
  return `${writerMark()}-${randomBytes(8).toString("hex")}`;
}

export function isUnfinishedId(id: string): boolean {
  return /^[0-9a-f]{16}-\d+-[0-9a-f]{16}$/.test(id);
}

/** Follows the name of an upload in pieces: where its parts are noted. */
export const PARTS = "-parts";

const DAY_MS = 24 * 60 * 60_000;
/** A writer of another machine that wrote nothing for so long is taken for dead. */
const WRITE_MS = DAY_MS;
/** So long somebody may come back to an upload in pieces. */
const UPLOAD_MS = 7 * DAY_MS;

/** Of a folder: one of the files that begin with `UNFINISHED`. */
export interface LyingFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedAt: number;
}

/** Folders that are remembered as looked through. */
const MOST_SWEPT = 10_000;

/** Of one storage: looks through each folder before the first new file there. */
export class Sweeper {
  readonly #list: (folder: string) => Promise<readonly LyingFile[]>;
  readonly #remove: (folder: string, name: string) => Promise<unknown>;
  readonly #swept = new Set<string>();

  constructor(
    list: (folder: string) => Promise<readonly LyingFile[]>,
    remove: (folder: string, name: string) => Promise<unknown>,
  ) {
    this.#list = list;
    this.#remove = remove;
  }

  /** Removes what dead writers left in it. A failure leaves it there: it is in nobody's way. */
  async sweep(folder: string): Promise<void> {
    if (this.#swept.has(folder)) return;
    if (this.#swept.size >= MOST_SWEPT) this.#swept.clear();
    this.#swept.add(folder);
    try {
      for (const name of leftOf(await this.#list(folder), Date.now()))
        await this.#remove(folder, name);
    } catch {
      // The folder is not there yet, or the file is somebody else's.
    }
  }
}

function leftOf(files: readonly LyingFile[], now: number): readonly string[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  return files
    .map(({ name }) => name)
    .filter((name) => {
      const bare = name.endsWith(PARTS) ? name.slice(0, -PARTS.length) : name;
      return isLeft(bare, byName.get(bare), byName.get(bare + PARTS), now);
    });
}

function isLeft(
  name: string,
  file: LyingFile | undefined,
  parts: LyingFile | undefined,
  now: number,
): boolean {
  const mark = name.slice(UNFINISHED.length).replace(/-[^-]*$/, "");
  // Only an upload of which something arrived is worth coming back to.
  const mayGoOn = file !== undefined && (parts?.sizeBytes ?? 0) > 0;
  if (!mayGoOn && isDeadWriter(mark)) return true;
  const changed = Math.max(file?.modifiedAt ?? 0, parts?.modifiedAt ?? 0);
  return now - changed > (parts === undefined ? WRITE_MS : UPLOAD_MS);
}
