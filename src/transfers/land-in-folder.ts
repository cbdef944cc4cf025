// A transfer into a folder of this machine that is seen whole or not at all: everything lands beside it under another name,
// and gets its own last. Knows how a folder is opened as a storage from its caller.

import fs from "node:fs";
import path from "node:path";
import type { Storage } from "../ports/storage.ts";
import { syncFolder } from "../ports/sync-folder.ts";
import type { TargetNames } from "./entry-names.ts";
import { type TransferOrder, type TransferOutcome, transfer } from "./transfer.ts";
import type { TransferFailure } from "./transfer-failure.ts";

export type LandingOrder = Omit<TransferOrder, "to" | "kind" | "mode" | "journalFolder"> & {
  /** Absolute; absent or empty before. */
  readonly folder: string;
  readonly openFolder: (folder: string) => Storage | Promise<Storage>;
  /** What names of unfinished files begin with: those of a process that was killed are removed in the end. */
  readonly unfinished: string;
};

export async function landInFolder(order: LandingOrder): Promise<TransferOutcome> {
  const { folder, openFolder, unfinished, ...rest } = order;
  if (isTaken(folder)) return { ok: false, failure: taken(folder) };
  const landing = path.join(path.dirname(folder), `.${path.basename(folder)}.stepwell-partial`);
  const files = path.join(landing, "files");
  fs.mkdirSync(files, { recursive: true });
  const storage = await openFolder(files);
  try {
    const outcome = await transfer({
      ...rest,
      to: { storage, path: "", names: namesIn(files) },
      kind: "folder",
      mode: "merge_with_overwrite",
      journalFolder: landing,
    });
    if (outcome.ok) {
      removeUnfinished(files, unfinished);
      giveName(files, folder, landing);
    }
    return outcome;
  } catch (error) {
    if (!isTakenError(error)) throw error;
    return { ok: false, failure: taken(folder) };
  } finally {
    await storage.close();
  }
}

function removeUnfinished(folder: string, prefix: string): void {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const at = path.join(folder, entry.name);
    if (entry.name.startsWith(prefix)) fs.rmSync(at, { recursive: true });
    else if (entry.isDirectory()) removeUnfinished(at, prefix);
  }
}

/** Fails where somebody has put something into the folder meanwhile. */
function giveName(files: string, folder: string, landing: string): void {
  fs.renameSync(files, folder);
  fs.rmSync(landing, { recursive: true, force: true });
  syncFolder(path.dirname(folder));
}

function isTakenError(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOTDIR";
}

function isTaken(folder: string): boolean {
  try {
    return fs.readdirSync(folder).length > 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}

function taken(folder: string): TransferFailure {
  return {
    code: "conflict",
    message: `${folder} is there already, and not an empty folder`,
    hint: "choose another folder, or delete it",
  };
}

const MOST_NAME_BYTES = 255;
const MOST_PATH_BYTES = 4096;

function namesIn(folder: string): TargetNames {
  const other = path.join(path.dirname(folder), path.basename(folder).toUpperCase());
  return {
    ignoresCase: fs.existsSync(other),
    maxPartBytes: MOST_NAME_BYTES,
    // A NUL ends it, a slash stands between.
    maxPathBytes: MOST_PATH_BYTES - Buffer.byteLength(folder) - 2,
  };
}
