// Uploads in pieces into a folder: each part is written at its place in one unfinished file, and noted in a journal beside
// it once it is durable, so that an upload goes on after a crash. Knows neither names of others nor links.

import { appendFile, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { UploadedPart } from "../ports/storage.ts";
import { codeOf } from "./fault.ts";
import type { FileCalls } from "./file-calls.ts";
import { UNFINISHED } from "./storage-path.ts";
import { type LyingFile, PARTS } from "./unfinished-files.ts";
import { notedParts, partLine } from "./upload-parts.ts";

/** The unfinished file beside `at`. */
export function unfinishedPath(at: string, id: string): string {
  return join(dirname(at), `${UNFINISHED}${id}`);
}

function partsPath(at: string, id: string): string {
  return `${unfinishedPath(at, id)}${PARTS}`;
}

/** All that are unfinished in a folder, whoever writes them. */
export async function unfinishedIn(folder: string): Promise<readonly LyingFile[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(UNFINISHED));
  const found: LyingFile[] = [];
  for (const name of names) {
    const stats = await stat(join(folder, name)).catch(() => null);
    if (stats !== null) found.push({ name, sizeBytes: stats.size, modifiedAt: stats.mtimeMs });
  }
  return found;
}

export async function startParts(at: string, id: string): Promise<void> {
  await (await open(unfinishedPath(at, id), "wx")).close();
  await (await open(partsPath(at, id), "wx")).close();
}

/** Of each unfinished file the last write that was asked for. */
const writing = new Map<string, Promise<unknown>>();

/**
 * One after the other: the system lets nobody write to a file while another one does, and those who wait do so by turning in
 * circles on a core that others need.
 */
async function writeInTurn(unfinished: string, write: () => Promise<void>): Promise<void> {
  const before = writing.get(unfinished) ?? Promise.resolve();
  const own = before.then(write, write);
  writing.set(unfinished, own);
  try {
    await own;
  } finally {
    if (writing.get(unfinished) === own) writing.delete(unfinished);
  }
}

export async function writePart(
  calls: FileCalls,
  { at, id, offset, number }: Readonly<{ at: string; id: string; offset: number; number: number }>,
  body: Uint8Array,
): Promise<UploadedPart> {
  const unfinished = unfinishedPath(at, id);
  const file = await calls.open(unfinished, "change");
  try {
    await writeInTurn(unfinished, () => calls.write(file, body, offset));
    await calls.syncData(file);
  } finally {
    await calls.close(file);
  }
  const part: UploadedPart = { number, sizeBytes: body.byteLength, tag: String(number) };
  await appendFile(partsPath(at, id), partLine(part));
  return part;
}

/** Null: no such upload. */
export async function partsNoted(at: string, id: string): Promise<readonly UploadedPart[] | null> {
  try {
    return notedParts(await readFile(partsPath(at, id), "utf8"));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

export async function removeParts(at: string, id: string): Promise<void> {
  await rm(partsPath(at, id), { force: true });
  await rm(unfinishedPath(at, id), { force: true });
}

/** After the file got its name: only the journal is left. */
export async function removeJournal(at: string, id: string): Promise<void> {
  await rm(partsPath(at, id), { force: true });
}
