// Makes a file appear whole or not at all: bytes go to an unfinished name in the same folder, are made durable, and get
// their own name last. Knows where that is, and nothing of uploads or paths.

import { type FileHandle, link, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Bytes } from "../ports/storage.ts";
import { codeOf } from "./fault.ts";

/** `at` is written, made durable and closed; nothing is left of it when that fails. */
export async function writeUnfinished(at: string, bytes: Bytes): Promise<void> {
  const handle = await open(at, "wx");
  try {
    let position = 0;
    for await (const piece of bytes) position = await writeAt(handle, piece, position);
    await handle.datasync();
  } catch (error) {
    await handle.close();
    await rm(at, { force: true });
    throw error;
  }
  await handle.close();
}

/** Returns the position behind the last byte. */
export async function writeAt(
  handle: FileHandle,
  piece: Uint8Array,
  position: number,
): Promise<number> {
  let done = 0;
  while (done < piece.byteLength) {
    const left = piece.byteLength - done;
    const { bytesWritten } = await handle.write(piece, done, left, position + done);
    done += bytesWritten;
  }
  return position + done;
}

/** Gives the unfinished file its name. With `ifAbsent` false comes back where the name is taken, whoever took it when. */
export async function giveName(
  unfinished: string,
  at: string,
  ifAbsent: boolean,
): Promise<boolean> {
  if (!ifAbsent) await rename(unfinished, at);
  else if (!(await linked(unfinished, at))) return false;
  else await rm(unfinished, { force: true });
  await syncFolder(dirname(at));
  return true;
}

async function linked(unfinished: string, at: string): Promise<boolean> {
  try {
    await link(unfinished, at);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Some file systems cannot sync a folder, and need not. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    if (codeOf(error) !== "EINVAL") throw error;
  } finally {
    await handle.close();
  }
}
