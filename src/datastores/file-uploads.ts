// Uploads in pieces into a folder: each part is written at its place in one unfinished file, and noted in a journal beside
// it once it is durable, so that an upload goes on after a crash. Knows neither names of others nor links.

import { appendFile, open, readFile, rm } from "node:fs/promises";
import type { UploadedPart } from "../ports/storage.ts";
import { codeOf } from "./fault.ts";
import type { FileCalls } from "./file-calls.ts";
import { partsPath, unfinishedPath } from "./unfinished-files.ts";
import { notedParts, partLine } from "./upload-parts.ts";

export async function startParts(at: string, id: string): Promise<void> {
  await (await open(unfinishedPath(at, id), "wx")).close();
  await (await open(partsPath(at, id), "wx")).close();
}

export async function writePart(
  calls: FileCalls,
  { at, id, offset, number }: Readonly<{ at: string; id: string; offset: number; number: number }>,
  body: Uint8Array,
): Promise<UploadedPart> {
  const file = await calls.open(unfinishedPath(at, id), "change");
  try {
    await calls.write(file, body, offset);
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
