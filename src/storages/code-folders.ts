// Brings stored code into work folders: a few small files from memory, more of it by a worker. Knows snapshots, nothing of
// attempts or of what a command does with its code.

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ContentId, ManifestEntry } from "../core/content.ts";
import { readBytes } from "../ports/read-file.ts";
import type { CopyCode } from "./content-jobs.ts";
import { ContentProblem } from "./content-problem.ts";
import { bytesId } from "./folder-id.ts";
import { dropFile, handedMode, readSnapshot, snapshotFolder } from "./snapshot-store.ts";

/** What is done off this thread for bigger code. */
export interface StageMeans {
  copy(order: CopyCode): Promise<null>;
  holdsItsBytes(stored: {
    readonly folder: string;
    readonly entries: readonly ManifestEntry[];
  }): Promise<boolean>;
}

export interface CodeFolders {
  /** Throws when the stored snapshot is missing or damaged. */
  entriesOf(id: ContentId): readonly ManifestEntry[];
  /** Writes the snapshot into an existing folder. */
  bring(id: ContentId, to: string, means: StageMeans): Promise<void>;
}

/** Code up to here is written from memory: cheaper than copying, and the bytes are checked by their hash. */
const SMALL_FILES = 50;
const SMALL_BYTES = 1 << 20;
/** Snapshots kept in memory. */
const BUFFERED = 64;
interface SmallCode {
  readonly folders: readonly string[];
  readonly files: readonly { path: string; mode: number; bytes: Buffer }[];
  readonly links: readonly { path: string; target: string }[];
}

interface LoadedCode {
  readonly from: string;
  readonly entries: readonly ManifestEntry[];
  /** Null: too much to be kept in memory. */
  readonly small: SmallCode | null;
}

export function codeFolders(codeFolder: string): CodeFolders {
  const loaded = new Map<ContentId, LoadedCode>();
  /** Big snapshots that were seen to be whole by this process. */
  const checked = new Set<ContentId>();
  const codeOf = (id: ContentId): LoadedCode => {
    const known = loaded.get(id);
    if (known !== undefined) return known;
    const code = loadCode(codeFolder, id);
    loaded.set(id, code);
    if (loaded.size > BUFFERED) loaded.delete(loaded.keys().next().value as ContentId);
    return code;
  };
  return {
    entriesOf: (id) => codeOf(id).entries,
    async bring(id, to, means) {
      const { from, entries, small } = codeOf(id);
      if (small !== null) {
        writeSmall(small, to);
        return;
      }
      if (!checked.has(id)) {
        if (!(await means.holdsItsBytes({ folder: from, entries }))) damaged(id);
        checked.add(id);
      }
      await means.copy({ from, to, entries });
    },
  };
}

function loadCode(codeFolder: string, id: ContentId): LoadedCode {
  const entries = readSnapshot(codeFolder, id);
  if (entries === null) return damaged(id);
  const from = snapshotFolder(codeFolder, id);
  const bytes = entries.reduce((sum, entry) => sum + (entry.type === "file" ? entry.size : 0), 0);
  if (entries.length > SMALL_FILES || bytes > SMALL_BYTES) return { from, entries, small: null };
  const folders = new Set<string>();
  const files: SmallCode["files"][number][] = [];
  const links: SmallCode["links"][number][] = [];
  for (const entry of entries) {
    const folder = entry.type === "folder" ? entry.path : dirname(entry.path);
    if (folder !== ".") folders.add(folder);
    if (entry.type === "link") links.push(entry);
    else if (entry.type === "file") {
      const content = readStored(join(from, entry.path));
      if (content === null || bytesId(content) !== entry.id) {
        dropFile(join(from, entry.path));
        damaged(id);
      }
      files.push({ path: entry.path, mode: handedMode(entry.executable), bytes: content });
    }
  }
  return { from, entries, small: { folders: [...folders], files, links } };
}

function readStored(path: string): Buffer | null {
  try {
    return readBytes(path);
  } catch {
    return null;
  }
}

function damaged(id: ContentId): never {
  throw new ContentProblem(
    "missing_path",
    `the stored code snapshot ${id.slice(7, 19)} is missing or damaged`,
    "run the pipeline file again: the snapshot is made anew from the code folder",
  );
}

function writeSmall(code: SmallCode, to: string): void {
  for (const folder of code.folders) mkdirSync(join(to, folder), { recursive: true });
  for (const { path, mode, bytes } of code.files) {
    writeFileSync(join(to, path), bytes, { mode });
  }
  for (const { path, target } of code.links) symlinkSync(target, join(to, path));
}
