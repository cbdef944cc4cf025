// Failures of file work, as exceptions inside this room and as values at its door. Turns what the system says into a
// message that names the path and a hint about what to do.

import { lstatSync } from "node:fs";
import type { ContentFailure, Outcome } from "../ports/contents.ts";

/** Thrown where file work cannot go on; never leaves storages/. */
export class ContentProblem extends Error {
  readonly failure: ContentFailure;

  constructor(code: ContentFailure["code"], message: string, hint: string | null = null) {
    super(message);
    this.failure = { code, message, hint };
  }
}

export function done<T>(value: T, warnings: readonly string[] = []): Outcome<T> {
  return { ok: true, value, warnings };
}

export interface SystemError extends NodeJS.ErrnoException {
  /** Of a copy: where it goes. */
  readonly dest?: string;
}

const ACCESS_HINT = "check the owner and the permissions of the file and of the folders above it";

/** Says where to look. */
function beginningOf(path: string): string {
  const shown = 300;
  return path.length > shown ? `${path.slice(0, shown)}…` : path;
}

/** A container's program is root, and so is what it writes. Null for what is ours, or cannot be seen. */
function othersHint(path: string): string | null {
  let owner: number | undefined;
  try {
    owner = lstatSync(path).uid;
  } catch {
    return null;
  }
  if (owner === process.getuid?.()) return null;
  const who = owner === 0 ? "root" : `user ${owner}`;
  return `it belongs to ${who}: get the right to it, or, where a program of a container wrote it, start that as you: docker run --user "$(id -u):$(id -g)"`;
}

/** The failure behind an error; a bug of ours is thrown on. `path` is named where the system did not name one. */
export function failureOf(error: unknown, path: string): ContentFailure {
  if (error instanceof ContentProblem) return error.failure;
  const { code, path: where = path, dest } = error as SystemError;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return { code: "missing_path", message: `${where} does not exist`, hint: null };
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return {
        code: "unreadable",
        message: `${where}: ${code === "EROFS" ? "read-only file system" : "permission denied"}`,
        hint: othersHint(where) ?? ACCESS_HINT,
      };
    case "ENOSPC":
    case "EDQUOT":
      return {
        code: "disk_full",
        // Of a copy it is the disk of its target that is full.
        message: `${dest ?? where}: no space left on the disk`,
        hint: "free some space, then resume the run; `stepwell gc` removes what no run needs",
      };
    case "ENAMETOOLONG":
      return {
        code: "wrong_kind",
        message: `a name or path is longer than the system takes: ${beginningOf(where)}`,
        hint: "make folders less deep, or names shorter",
      };
    case "ELOOP":
    case "EISDIR":
      return { code: "wrong_kind", message: `${where}: ${code}`, hint: null };
    case undefined:
      throw error;
    default:
      // Codes of Node itself are mistakes of the caller; those of the system have no such prefix.
      if (code.startsWith("ERR_")) throw error;
      return {
        code: "input_output",
        message: `${where}: ${(error as Error).message}`,
        hint: "the disk or the file system reported an error",
      };
  }
}
