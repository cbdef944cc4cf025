// The folders of attempts: made before a command starts, with its code inside, and removed or kept after it. Knows
// nothing of what is captured.

import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ManifestEntry } from "../core/content.ts";
import type { Kept, StagedAttempt, StageOrder } from "../ports/contents.ts";
import { put } from "../spec/own-keys.ts";
import { type AsMade, stillAsMade, type UsedFolder } from "./as-made.ts";
import { codeFolders, type StageMeans } from "./code-folders.ts";
import type { FinishFolder } from "./content-jobs.ts";
import { createSpareFolders } from "./spare-folders.ts";
import { createTrash } from "./trash.ts";

export interface WorkPlaces {
  readonly codeFolder: string;
  readonly workFolder: string;
  readonly attemptsFolder: string;
  readonly trashFolder: string;
  /** `store/.attempts`: on the file system of the store, so that capture is a rename. */
  readonly scratchFolder: string;
}

/** File work that is done off this thread when it is much. */
export interface WorkMeans extends StageMeans {
  finishFolder(asked: FinishFolder): Promise<AsMade>;
  stillAsMade(asked: UsedFolder): Promise<AsMade | null>;
}

export interface WorkFolders {
  stage(order: StageOrder): Promise<StagedAttempt>;
  leftBehind(order: Omit<StageOrder, "snapshotId">): StagedAttempt | null;
  /** Nothing lies in the folders that its command found: they need not be looked into again. */
  leftNothing(attemptId: string): void;
  discard(attemptId: string, keep: Kept): void;
  /** Takes any folder away. */
  trash(path: string): void;
  close(): void;
}

/** Copies of inputs that an attempt may write to. */
const COPIES = "copies";
/** Work folders of failed attempts that stay. */
const KEPT = 10;

/** What a work folder was made of. */
interface Made {
  readonly snapshot: string | null;
  readonly entries: readonly ManifestEntry[];
  readonly asMade: AsMade;
  leftNothing: boolean;
}

export function workFolders(places: WorkPlaces, means: WorkMeans): WorkFolders {
  const made = new Map<string, Made>();
  /** Folders that a worker looks at. */
  const looking = new Set<string>();
  const code = codeFolders(places.codeFolder);
  const spare = createSpareFolders();
  const trash = createTrash(places.trashFolder);
  const giveBack = (path: string, was: Made, asMade: AsMade | null): void => {
    const left = asMade === null ? path : spare.give(was.snapshot, { path, asMade });
    if (left !== null) trash.take(left, was.entries.length + 3);
  };
  const lookAndGiveBack = async (path: string, was: Made): Promise<void> => {
    looking.add(path);
    const found = await means.stillAsMade({ ...was, folder: path }).catch(() => null);
    // Whoever closed has taken it away.
    if (looking.delete(path)) giveBack(path, was, found);
  };
  return {
    async stage(order) {
      const { attemptId, snapshotId: snapshot } = order;
      const folder = `${places.attemptsFolder}/${attemptId}`;
      const workFolder = `${places.workFolder}/${attemptId}`;
      makeFolder(folder);
      const entries = snapshot === null ? [] : code.entriesOf(snapshot);
      let asMade = spare.take(snapshot, workFolder);
      if (asMade === null) {
        makeFolder(workFolder);
        if (snapshot !== null) await code.bring(snapshot, workFolder, means);
        asMade = await means.finishFolder({ folder: workFolder, entries });
      }
      made.set(attemptId, { snapshot, entries, asMade, leftNothing: false });
      return { folder, workFolder, outputs: makeOutputs(places.scratchFolder, order) };
    },
    leftBehind(order) {
      const folder = join(places.attemptsFolder, order.attemptId);
      const workFolder = join(places.workFolder, order.attemptId);
      if (!existsSync(workFolder)) return null;
      makeFolder(folder);
      return { folder, workFolder, outputs: makeOutputs(places.scratchFolder, order) };
    },
    leftNothing(attemptId) {
      const one = made.get(attemptId);
      if (one !== undefined) one.leftNothing = true;
    },
    discard(attemptId, keep) {
      const workFolder = `${places.workFolder}/${attemptId}`;
      const was = made.get(attemptId);
      made.delete(attemptId);
      const copies = `${places.attemptsFolder}/${attemptId}/${COPIES}`;
      if (keep === "newest") keepNewest(places, attemptId, trash.take);
      if (keep !== "no") return;
      if (existsSync(copies)) trash.take(copies);
      if (was === undefined) trash.take(workFolder);
      else if (was.entries.length > 0) void lookAndGiveBack(workFolder, was);
      else giveBack(workFolder, was, stillAsMade({ ...was, folder: workFolder }));
    },
    trash: trash.take,
    close() {
      for (const folder of [...spare.drain(), ...looking]) trash.take(folder);
      looking.clear();
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
  const scratch = `${scratchFolder}/${order.attemptId}`;
  const ports = Object.entries(order.outputs);
  if (ports.length > 0) makeFolder(scratch);
  for (const [port, type] of ports) {
    const folder = `${scratch}/${port}`;
    makeFolder(folder);
    put(paths, port, type === "uri_file" ? `${folder}/${port}` : folder);
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
  // The workspace has been removed while the step ran: it is not to come back.
  if (!existsSync(join(places.workFolder, attemptId))) return;
  const marks = join(places.workFolder, ".kept");
  try {
    mkdirSync(marks, { recursive: true });
    writeFileSync(join(marks, attemptId), "");
  } catch {
    // Without a mark it merely is not counted.
  }
  // A `gc` may take marks away meanwhile.
  const kept = namesIn(marks)
    .flatMap((name) => {
      const at = statSync(join(marks, name), { throwIfNoEntry: false })?.mtimeMs;
      return at === undefined ? [] : [{ name, at }];
    })
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
