// Lists the files below a folder of an SFTP server, in the order of their paths. Holds the names of one folder at a time on
// each level. Throws what the server says, and our own error where a name or a link cannot be listed.

import { constants } from "node:fs";
import type { FileEntry, SFTPWrapper } from "ssh2";
import type { StoredFile } from "../ports/storage.ts";
import type { Faults } from "./fault.ts";
import { sftpCalls } from "./sftp-calls.ts";
import { joined } from "./sftp-files.ts";
import { SFTP_STATUS, sftpStatus } from "./sftp-problem.ts";
import { UNFINISHED } from "./storage-path.ts";
import type { LyingFile } from "./unfinished-files.ts";

interface Listing {
  readonly sftp: SFTPWrapper;
  readonly root: string;
  readonly fault: Faults;
}

export async function* listSftp(
  listing: Listing,
  prefix: string,
): AsyncGenerator<StoredFile, void, undefined> {
  const { sftp, root, fault } = listing;
  for (const { filename, attrs } of await entriesOf(sftp, joined(root, prefix))) {
    const path = prefix === "" ? filename : `${prefix}/${filename}`;
    if (filename.includes("\ufffd"))
      throw fault("bad_path", path, "its name is no UTF-8 text; rename the file");
    const kind = attrs.mode & constants.S_IFMT;
    if (kind === constants.S_IFDIR) yield* listSftp(listing, path);
    else if (kind === constants.S_IFREG) yield storedFile(path, attrs);
    else if (kind === constants.S_IFLNK) yield* behindLink(listing, path);
  }
}

/** A link to a file is that file; one to a folder could lead anywhere, in circles too. */
async function* behindLink({ sftp, root, fault }: Listing, path: string) {
  const found = await sftpCalls.stat(sftp, joined(root, path)).catch((error) => {
    if (sftpStatus(error) === SFTP_STATUS.noSuchFile) return null;
    throw error;
  });
  if (found?.isFile() === true) yield storedFile(path, found);
  if (found?.isDirectory() !== true) return;
  const says = "it is a link to a folder, which is not followed. Make a datastore of that folder";
  throw fault("bad_path", path, says);
}

async function entriesOf(sftp: SFTPWrapper, folder: string): Promise<readonly FileEntry[]> {
  try {
    const entries = await sftpCalls.list(sftp, folder);
    return entries.filter(({ filename }) => !filename.startsWith(UNFINISHED)).sort(byPath);
  } catch (error) {
    if (sftpStatus(error) === SFTP_STATUS.noSuchFile) return [];
    throw error;
  }
}

/** All that are unfinished in a folder, whoever writes them. */
export async function unfinishedIn(
  sftp: SFTPWrapper,
  folder: string,
): Promise<readonly LyingFile[]> {
  const entries = await sftpCalls.list(sftp, folder);
  return entries
    .filter(({ filename }) => filename.startsWith(UNFINISHED))
    .map(({ filename, attrs: { size, mtime } }) => ({
      name: filename,
      sizeBytes: size,
      modifiedAt: mtime * 1000,
    }));
}

/** A folder's files come where its name with `/` stands, as in a storage that knows no folders. */
function byPath(one: FileEntry, other: FileEntry): number {
  const [left, right] = [one, other].map(({ filename, attrs }) =>
    (attrs.mode & constants.S_IFMT) === constants.S_IFDIR ? `${filename}/` : filename,
  );
  return (left ?? "") < (right ?? "") ? -1 : 1;
}

function storedFile(path: string, { size, mtime }: FileEntry["attrs"]): StoredFile {
  return { path, sizeBytes: size, modifiedAt: mtime * 1000, version: null, sha256: null };
}
