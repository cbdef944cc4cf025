// Uploads in pieces to an SFTP server: each part is written at its place in one unfinished file, and noted in a journal
// beside it once it is durable. Throws what the server says.

import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { SFTPWrapper } from "ssh2";
import type { UploadedPart } from "../ports/storage.ts";
import { PipelinedWriter, readPieces, sftpCalls } from "./sftp-calls.ts";
import { openNew, removed, synced } from "./sftp-files.ts";
import { SFTP_STATUS, sftpStatus } from "./sftp-problem.ts";
import { PARTS } from "./unfinished-files.ts";
import { notedParts, partLine } from "./upload-parts.ts";

export async function startParts(sftp: SFTPWrapper, root: string, at: string): Promise<void> {
  await sftpCalls.close(sftp, await openNew(sftp, root, at));
  await sftpCalls.close(sftp, await openNew(sftp, root, journalOf(at)));
}

export async function writePart(
  sftp: SFTPWrapper,
  at: string,
  offset: number,
  number: number,
  body: Uint8Array,
): Promise<UploadedPart> {
  const handle = await sftpCalls.open(sftp, at, "r+");
  try {
    const writer = new PipelinedWriter(sftp, handle, offset);
    await writer.write(body);
    await writer.finish();
    await synced(sftp, handle);
  } finally {
    await sftpCalls.close(sftp, handle);
  }
  const part: UploadedPart = { number, sizeBytes: body.byteLength, tag: String(number) };
  await note(sftp, journalOf(at), partLine(part));
  return part;
}

/** Null: no such upload. */
export async function partsNoted(
  sftp: SFTPWrapper,
  at: string,
): Promise<readonly UploadedPart[] | null> {
  const handle = await sftpCalls.open(sftp, journalOf(at), "r").catch((error) => {
    if (sftpStatus(error) === SFTP_STATUS.noSuchFile) return null;
    throw error;
  });
  if (handle === null) return null;
  try {
    const { size } = await sftpCalls.statOpen(sftp, handle);
    return notedParts(await text(Readable.from(readPieces(sftp, handle, 0, size))));
  } finally {
    await sftpCalls.close(sftp, handle);
  }
}

export async function removeParts(sftp: SFTPWrapper, at: string): Promise<void> {
  await removed(sftp, journalOf(at));
  await removed(sftp, at);
}

/** After the file got its name: only the journal is left. */
export async function removeJournal(sftp: SFTPWrapper, at: string): Promise<void> {
  await removed(sftp, journalOf(at));
}

/** In one call, so that lines of parts that end together do not mix. */
async function note(sftp: SFTPWrapper, journal: string, line: string): Promise<void> {
  const handle = await sftpCalls.open(sftp, journal, "a");
  try {
    const { size } = await sftpCalls.statOpen(sftp, handle);
    const writer = new PipelinedWriter(sftp, handle, size);
    await writer.write(Buffer.from(line));
    await writer.finish();
  } finally {
    await sftpCalls.close(sftp, handle);
  }
}

function journalOf(at: string): string {
  return at + PARTS;
}
