// The files of one definition as they were when a command first read them: the graph, what is kept of it for the next
// command and what its run records speak of the same bytes, also where somebody saves a file in between.

import { hash } from "node:crypto";
import { readBytes } from "../../ports/read-file.ts";
import { utf8Text } from "../../ports/utf8-text.ts";
import type { SpecReader } from "../../spec/reader.ts";

export interface DefinitionFiles extends Pick<SpecReader, "readText"> {
  /** The sha256 of a file, in hexadecimal digits; null where it cannot be read. */
  digest(file: string): string | null;
}

type Read = { readonly bytes: Buffer } | { readonly error: NodeJS.ErrnoException };

/** For one command: what has been read is never read again. */
export function definitionFiles(): DefinitionFiles {
  const known = new Map<string, Read>();
  const read = (file: string): Read => {
    const found = known.get(file) ?? readOnce(file);
    known.set(file, found);
    return found;
  };
  return {
    readText: (file) => textOf(read(file), file),
    digest(file) {
      const found = read(file);
      return "bytes" in found ? hash("sha256", found.bytes) : null;
    },
  };
}

function readOnce(file: string): Read {
  try {
    return { bytes: readBytes(file) };
  } catch (error) {
    return { error: error as NodeJS.ErrnoException };
  }
}

function textOf(read: Read, file: string): ReturnType<SpecReader["readText"]> {
  if ("bytes" in read) return utf8Text(read.bytes, file);
  const hint = read.error.code === "EACCES" ? DENIED : null;
  return { ok: false, reason: readReason(read.error), hint };
}

const DENIED = "Check the owner and the permissions of the file and of the folders above it.";

export function readReason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file";
  if (code === "ENAMETOOLONG") return "no file can have so long a name";
  if (code === "EISDIR") return "it is a folder";
  if (code === "EACCES") return "permission denied";
  return (error as Error).message;
}
