// Names of files that are being written in a folder, and which of those that lie there nobody writes any more: their
// writer was killed. Knows nothing of what is written.

import { randomBytes } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isDeadWriter, writerMark } from "../ports/writer-mark.ts";
import { UNFINISHED } from "./storage-path.ts";

/** Of an upload in pieces, which another process may go on with. */
export function newUploadId(): string {
  return randomBytes(16).toString("hex");
}

export function isUploadId(id: string): boolean {
  return /^[0-9a-f]{32}$/.test(id);
}

/** Of a file that is written in one go: it says who writes it, because nobody else can go on with it. */
export function newWriteId(): string {
  return `${writerMark()}-${randomBytes(8).toString("hex")}`;
}

/** The unfinished file beside `at`. */
export function unfinishedPath(at: string, id: string): string {
  return join(dirname(at), `${UNFINISHED}${id}`);
}

const DAY_MS = 24 * 60 * 60_000;
/** A writer of another machine that wrote nothing for so long is taken for dead. */
const WRITE_MS = DAY_MS;
/** So long somebody may come back to an upload in pieces. */
const UPLOAD_MS = 7 * DAY_MS;

/** Removes what dead writers left in a folder. A failure leaves it there: it is in nobody's way. */
export async function sweepUnfinished(folder: string, now: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(UNFINISHED)) continue;
    const at = join(folder, name);
    if (await isLeft(at, name.slice(UNFINISHED.length), now))
      await rm(at, { force: true }).catch(() => {});
  }
}

async function isLeft(at: string, id: string, now: number): Promise<boolean> {
  const [, mark] = /^(.+)-[0-9a-f]{16}$/.exec(id) ?? [];
  if (mark !== undefined && isDeadWriter(mark)) return true;
  const { mtimeMs } = await stat(at).catch(() => ({ mtimeMs: now }));
  return now - mtimeMs > (mark === undefined ? UPLOAD_MS : WRITE_MS);
}
