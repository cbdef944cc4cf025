// The folders of attempts: made before a command starts, with its code inside, and removed or kept after it. Knows
// nothing of what is captured.

import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { ContentId, ManifestEntry } from "../core/content.ts";
import type { StagedAttempt, StageOrder } from "../ports/contents.ts";
import type { CopyCode } from "./content-jobs.ts";
import { ContentProblem } from "./content-problem.ts";
import { bytesId } from "./folder-id.ts";
import { handedMode, readSnapshot, snapshotFolder } from "./snapshot-store.ts";
import { createTrash } from "./trash.ts";

export interface WorkPlaces {
  readonly codeFolder: string;
  readonly workFolder: string;
  readonly attemptsFolder: string;
  readonly trashFolder: string;
  /** `store/.attempts`: on the file system of the store, so that capture is a rename. */
  readonly scratchFolder: string;
}

export interface WorkFolders {
  stage(order: StageOrder, means: StageMeans): Promise<StagedAttempt>;
  discard(attemptId: string, keep: boolean): void;
  /** Takes any folder away. */
  trash(path: string): void;
  close(): void;
}

/** What is done off this thread for bigger code. */
export interface StageMeans {
  copy(order: CopyCode): Promise<null>;
  isWhole(stored: {
    readonly folder: string;
    readonly entries: readonly ManifestEntry[];
  }): Promise<boolean>;
}

/** Code up to here is written from memory: cheaper than copying, and the bytes are checked by their hash. */
const SMALL_FILES = 50;
const SMALL_BYTES = 1 << 20;
/** Snapshots kept in memory. */
const BUFFERED = 64;
/** Work folders of failed attempts that stay. */
const KEPT = 10;

interface SmallCode {
  readonly folders: readonly string[];
  readonly files: readonly { path: string; mode: number; bytes: Buffer }[];
  readonly links: readonly { path: string; target: string }[];
}

type LoadedCode =
  | { readonly kind: "small"; readonly code: SmallCode }
  | { readonly kind: "big"; readonly from: string; readonly entries: readonly ManifestEntry[] };

export function workFolders(places: WorkPlaces): WorkFolders {
  const loaded = new Map<ContentId, LoadedCode>();
  /** Big snapshots that were seen to be whole by this process. */
  const checked = new Set<ContentId>();
  /** Entries of the code in each work folder that is more than a few. */
  const copied = new Map<string, number>();
  const trash = createTrash(places.trashFolder);
  const codeOf = (id: ContentId): LoadedCode => {
    const known = loaded.get(id);
    if (known !== undefined) return known;
    const code = loadCode(places.codeFolder, id);
    loaded.set(id, code);
    if (loaded.size > BUFFERED) loaded.delete(loaded.keys().next().value as ContentId);
    return code;
  };
  return {
    async stage(order, means) {
      const folder = join(places.attemptsFolder, order.attemptId);
      const workFolder = join(places.workFolder, order.attemptId);
      makeFolder(folder);
      makeFolder(workFolder);
      if (order.snapshotId !== null) {
        const code = codeOf(order.snapshotId);
        if (code.kind === "small") writeSmall(code.code, workFolder);
        else {
          const { from, entries } = code;
          copied.set(order.attemptId, entries.length);
          if (!checked.has(order.snapshotId)) {
            if (!(await means.isWhole({ folder: from, entries }))) damaged(order.snapshotId);
            checked.add(order.snapshotId);
          }
          await means.copy({ from, to: workFolder, entries });
        }
      }
      makeFolder(join(workFolder, "outputs"));
      makeFolder(join(workFolder, "logs"));
      return { folder, workFolder, outputs: makeOutputs(places.scratchFolder, order) };
    },
    discard(attemptId, keep) {
      if (keep) keepNewest(places, attemptId, trash.take);
      else trash.take(join(places.workFolder, attemptId), copied.get(attemptId));
      copied.delete(attemptId);
    },
    trash: trash.take,
    close: trash.empty,
  };
}

/** Path handed to the command for each port: of the file for a `uri_file`, else of an empty folder. */
function makeOutputs(scratchFolder: string, order: StageOrder): Record<string, string> {
  const paths: Record<string, string> = {};
  const ports = Object.entries(order.outputs);
  if (ports.length > 0) makeFolder(join(scratchFolder, order.attemptId));
  for (const [port, type] of ports) {
    const folder = join(scratchFolder, order.attemptId, port);
    makeFolder(folder);
    paths[port] = type === "uri_file" ? join(folder, port) : folder;
  }
  return paths;
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch {
    // Not there yet: the folders above it; there already: the code brought it.
    mkdirSync(path, { recursive: true });
  }
}

function loadCode(codeFolder: string, id: ContentId): LoadedCode {
  const entries = readSnapshot(codeFolder, id);
  if (entries === null) return damaged(id);
  const from = snapshotFolder(codeFolder, id);
  const bytes = entries.reduce((sum, entry) => sum + (entry.type === "file" ? entry.size : 0), 0);
  if (entries.length > SMALL_FILES || bytes > SMALL_BYTES) {
    return { kind: "big", from, entries };
  }
  const folders = new Set<string>();
  const files: SmallCode["files"][number][] = [];
  const links: SmallCode["links"][number][] = [];
  for (const entry of entries) {
    const folder = entry.type === "folder" ? entry.path : dirname(entry.path);
    if (folder !== ".") folders.add(folder);
    if (entry.type === "link") links.push(entry);
    else if (entry.type === "file") {
      const content = readStored(join(from, entry.path));
      if (content === null || bytesId(content) !== entry.id) damaged(id);
      files.push({ path: entry.path, mode: handedMode(entry.executable), bytes: content });
    }
  }
  return { kind: "small", code: { folders: [...folders], files, links } };
}

function readStored(path: string): Buffer | null {
  try {
    return readFileSync(path);
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

/** Marks a work folder as kept and lets the oldest ones go. */
function keepNewest(places: WorkPlaces, attemptId: string, take: (path: string) => void): void {
  const marks = join(places.workFolder, ".kept");
  try {
    mkdirSync(marks, { recursive: true });
    writeFileSync(join(marks, attemptId), "");
  } catch {
    // Without a mark it merely is not counted.
  }
  const kept = readdirSync(marks)
    .map((name) => ({ name, at: statSync(join(marks, name)).mtimeMs }))
    .sort((a, b) => b.at - a.at);
  for (const { name } of kept.slice(KEPT)) {
    take(join(places.workFolder, name));
    rmSync(join(marks, name), { force: true });
  }
}
