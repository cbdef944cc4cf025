// Names of files that are being written in a folder, and which of those that lie there nobody writes any more: their
// writer was killed. Knows nothing of what is written.

import { randomBytes } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isDeadWriter, writerMark } from "../ports/writer-mark.ts";
import { UNFINISHED } from "./storage-path.ts";

/** It says whose it is. */
export function newUnfinishedId(): string {
  return `${writerMark()}-${randomBytes(8).toString("hex")}`;
}

export function isUnfinishedId(id: string): boolean {
  return /^[0-9a-f]{16}-\d+-[0-9a-f]{16}$/.test(id);
}

/** The unfinished file beside `at`. */
export function unfinishedPath(at: string, id: string): string {
  return join(dirname(at), `${UNFINISHED}${id}`);
}

const PARTS = "-parts";

/** Of an upload in pieces: where its parts are noted. */
export function partsPath(at: string, id: string): string {
  return `${unfinishedPath(at, id)}${PARTS}`;
}

const DAY_MS = 24 * 60 * 60_000;
/** A writer of another machine that wrote nothing for so long is taken for dead. */
const WRITE_MS = DAY_MS;
/** So long somebody may come back to an upload in pieces. */
const UPLOAD_MS = 7 * DAY_MS;

/** Removes what dead writers left in a folder. A failure leaves it there: it is in nobody's way. */
export async function sweepUnfinished(folder: string, now: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((name) => name.startsWith(UNFINISHED));
  for (const name of new Set(left.map((one) => one.replace(PARTS, "")))) {
    const at = join(folder, name);
    if (!(await isLeft(at, now))) continue;
    for (const one of [at, `${at}${PARTS}`]) await rm(one, { force: true }).catch(() => {});
  }
}

async function isLeft(at: string, now: number): Promise<boolean> {
  const [file, parts] = await Promise.all([at, `${at}${PARTS}`].map(found));
  const mark = at.slice(at.lastIndexOf(UNFINISHED) + UNFINISHED.length).replace(/-[^-]*$/, "");
  // Only an upload of which something arrived is worth coming back to.
  const mayGoOn = file !== undefined && (parts?.size ?? 0) > 0;
  if (!mayGoOn && isDeadWriter(mark)) return true;
  const changed = Math.max(file?.mtimeMs ?? 0, parts?.mtimeMs ?? 0);
  return now - changed > (parts === undefined ? WRITE_MS : UPLOAD_MS);
}

function found(
  at: string,
): Promise<{ readonly size: number; readonly mtimeMs: number } | undefined> {
  return stat(at).catch(() => undefined);
}
