// Files below one folder of an SFTP server: unfinished ones that get their name last, and folders made on the way. Throws
// what the server says; the messages are made elsewhere.

import type { SFTPWrapper, Stats } from "ssh2";
import type { Bytes } from "../ports/storage.ts";
import { PipelinedWriter, sftpCalls } from "./sftp-calls.ts";
import { SFTP_STATUS, sftpStatus } from "./sftp-problem.ts";
import { UNFINISHED } from "./storage-path.ts";

export function joined(root: string, path: string): string {
  if (path === "") return root;
  return root.endsWith("/") ? root + path : `${root}/${path}`;
}

export function unfinishedAt(at: string, id: string): string {
  return `${folderOf(at)}/${UNFINISHED}${id}`;
}

/** Opens a new file; makes its folders first where they are missing, but never the root. */
export async function openNew(sftp: SFTPWrapper, root: string, at: string): Promise<Buffer> {
  try {
    return await sftpCalls.open(sftp, at, "wx");
  } catch (error) {
    if (sftpStatus(error) !== SFTP_STATUS.noSuchFile) throw error;
    await sftpCalls.stat(sftp, root);
    await makeFolders(sftp, root, folderOf(at));
    return sftpCalls.open(sftp, at, "wx");
  }
}

/** Writes all of the body to a new file and makes it durable; nothing is left of it when that fails. Gives what it is. */
export async function writeNew(
  sftp: SFTPWrapper,
  root: string,
  at: string,
  bytes: Bytes,
): Promise<Stats> {
  const handle = await openNew(sftp, root, at);
  const writer = new PipelinedWriter(sftp, handle, 0);
  let closing: Promise<void> | null = null;
  try {
    for await (const piece of bytes) await writer.write(piece);
    // A server does what is asked of one file in the order in which it is asked: one wait for all.
    const writing = writer.finish();
    const looking = sftpCalls.statOpen(sftp, handle);
    const syncing = synced(sftp, handle);
    closing = sftpCalls.close(sftp, handle);
    const [stats] = await Promise.all([looking, writing, syncing, closing]);
    return stats;
  } catch (error) {
    // Pieces that are under way may not arrive after the file is closed and its name is used anew.
    await writer.finish().catch(() => {});
    await (closing ?? sftpCalls.close(sftp, handle)).catch(() => {});
    await removed(sftp, at).catch(() => {});
    throw error;
  }
}

/** Not every server can; then it is as durable as the server makes it. */
export async function synced(sftp: SFTPWrapper, handle: Buffer): Promise<void> {
  try {
    await sftpCalls.sync(sftp, handle);
  } catch (error) {
    const cannot = sftpStatus(error) === null || sftpStatus(error) === SFTP_STATUS.unsupported;
    if (!cannot || !/not support/i.test(String(error))) throw error;
  }
}

/** False: it was gone already. */
export async function removed(sftp: SFTPWrapper, at: string): Promise<boolean> {
  try {
    await sftpCalls.remove(sftp, at);
    return true;
  } catch (error) {
    if (sftpStatus(error) === SFTP_STATUS.noSuchFile) return false;
    throw error;
  }
}

async function makeFolders(sftp: SFTPWrapper, root: string, folder: string): Promise<void> {
  const names = folder.slice(root.length).split("/").filter(Boolean);
  let at = root;
  for (const name of names) {
    at = joined(at, name);
    try {
      await sftpCalls.makeFolder(sftp, at);
    } catch (error) {
      // Somebody else made it, or it is a file: the next step finds out.
      if (sftpStatus(error) !== SFTP_STATUS.failure) throw error;
    }
  }
}

export function folderOf(at: string): string {
  return at.slice(0, at.lastIndexOf("/"));
}
