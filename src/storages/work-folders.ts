// The folders of attempts: made before a command starts, with its code inside, and removed or kept after it. Knows
// nothing of what is captured.

import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StagedAttempt, StageOrder } from "../ports/contents.ts";
import { put } from "../spec/own-keys.ts";
import { createBlankFolders, WORK_FOLDERS } from "./blank-folders.ts";
import { codeFolders, type StageMeans } from "./code-folders.ts";
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
  leftBehind(order: Omit<StageOrder, "snapshotId">): StagedAttempt | null;
  discard(attemptId: string, keep: boolean): void;
  /** Takes any folder away. */
  trash(path: string): void;
  close(): void;
}

/** Copies of inputs that an attempt may write to. */
const COPIES = "copies";
/** Work folders of failed attempts that stay. */
const KEPT = 10;

export function workFolders(places: WorkPlaces): WorkFolders {
  /** Entries of the code in each work folder that is more than a few. */
  const copied = new Map<string, number>();
  /** Attempts whose work folder began empty. */
  const withoutCode = new Set<string>();
  const code = codeFolders(places.codeFolder);
  const blank = createBlankFolders();
  const trash = createTrash(places.trashFolder);
  return {
    async stage(order, means) {
      const { attemptId, snapshotId } = order;
      const folder = join(places.attemptsFolder, attemptId);
      const workFolder = join(places.workFolder, attemptId);
      makeFolder(folder);
      if (snapshotId === null) {
        blank.make(workFolder);
        withoutCode.add(attemptId);
      } else {
        makeFolder(workFolder);
        const entries = await code.bring(snapshotId, workFolder, means);
        if (entries !== null) copied.set(attemptId, entries);
        for (const name of WORK_FOLDERS) makeFolder(join(workFolder, name));
      }
      return { folder, workFolder, outputs: makeOutputs(places.scratchFolder, order) };
    },
    leftBehind(order) {
      const folder = join(places.attemptsFolder, order.attemptId);
      const workFolder = join(places.workFolder, order.attemptId);
      if (!existsSync(workFolder)) return null;
      makeFolder(folder);
      return { folder, workFolder, outputs: makeOutputs(places.scratchFolder, order) };
    },
    discard(attemptId, keep) {
      const workFolder = join(places.workFolder, attemptId);
      const mayServeAgain = withoutCode.delete(attemptId);
      const copies = join(places.attemptsFolder, attemptId, COPIES);
      if (!keep && existsSync(copies)) trash.take(copies);
      if (keep) keepNewest(places, attemptId, trash.take);
      else if (!(mayServeAgain && blank.takeBack(workFolder)))
        trash.take(workFolder, copied.get(attemptId));
      copied.delete(attemptId);
    },
    trash: trash.take,
    close() {
      for (const folder of blank.drain()) trash.take(folder);
      trash.empty();
    },
  };
}

/** Path handed to the command for each port: of the file for a `uri_file`, else of an empty folder. */
function makeOutputs(
  scratchFolder: string,
  order: Omit<StageOrder, "snapshotId">,
): Record<string, string> {
  const paths: Record<string, string> = {};
  const ports = Object.entries(order.outputs);
  if (ports.length > 0) makeFolder(join(scratchFolder, order.attemptId));
  for (const [port, type] of ports) {
    const folder = join(scratchFolder, order.attemptId, port);
    makeFolder(folder);
    put(paths, port, type === "uri_file" ? join(folder, port) : folder);
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

/** Marks a work folder as kept and lets the oldest ones go. */
function keepNewest(places: WorkPlaces, attemptId: string, take: (path: string) => void): void {
  const marks = join(places.workFolder, ".kept");
  try {
    mkdirSync(marks, { recursive: true });
    writeFileSync(join(marks, attemptId), "");
  } catch {
    // Without a mark it merely is not counted.
  }
  const kept = namesIn(marks)
    .map((name) => ({ name, at: statSync(join(marks, name)).mtimeMs }))
    .sort((a, b) => b.at - a.at);
  for (const { name } of kept.slice(KEPT)) {
    take(join(places.workFolder, name));
    rmSync(join(marks, name), { force: true });
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
