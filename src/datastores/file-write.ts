// Makes a file appear whole or not at all: bytes go to an unfinished name in the same folder, are made durable, and get
// their own name last. Knows where that is, and nothing of uploads or paths.

import type { Stats } from "node:fs";
import { chmod, link, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Bytes } from "../ports/storage.ts";
import { codeOf } from "./fault.ts";
import type { FileCalls } from "./file-calls.ts";
import type { FolderSyncs } from "./folder-syncs.ts";

/** `at` is written, made durable and closed; nothing is left of it when that fails. Gives what it is. */
export async function writeUnfinished(calls: FileCalls, at: string, bytes: Bytes): Promise<Stats> {
  const file = await calls.open(at, "make");
  try {
    let position = 0;
    for await (const piece of bytes) {
      await calls.write(file, piece, position);
      position += piece.byteLength;
    }
    await calls.syncData(file);
    return await calls.statOpen(file).finally(() => calls.close(file));
  } catch (error) {
    await calls.close(file).catch(() => {});
    await rm(at, { force: true });
    throw error;
  }
}

/** What there is of `from` under another name, durable. Gives what it is. */
export async function copyDurably(calls: FileCalls, from: string, to: string): Promise<Stats> {
  const { mode, size } = await calls.stat(from);
  // Shares the blocks where the file system can.
  await calls.copy(from, to, size);
  // The copy of a file that nobody may write is its owner's to write, as any new file is.
  const own = (mode & 0o777) | 0o600;
  if ((mode & 0o7777) !== own) await chmod(to, own);
  const file = await calls.open(to, "change");
  try {
    await calls.syncData(file);
    return await calls.statOpen(file);
  } finally {
    await calls.close(file);
  }
}

/** Gives the unfinished file its name. With `ifAbsent` false comes back where the name is taken, whoever took it when. */
export async function giveName(
  { calls, syncs }: { readonly calls: FileCalls; readonly syncs: FolderSyncs },
  unfinished: string,
  at: string,
  ifAbsent: boolean,
): Promise<boolean> {
  if (!ifAbsent) await calls.rename(unfinished, at);
  else if (!(await linked(unfinished, at))) return false;
  else await rm(unfinished, { force: true });
  await syncs.sync(dirname(at));
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
