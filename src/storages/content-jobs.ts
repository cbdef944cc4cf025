// The table of file work that is done at once when small and by a worker when big. Each job is synchronous and answers
// TOO_BIG, with nothing done yet, where the limits forbid it.

import { statSync } from "node:fs";
import type { Content, ContentId, Manifest, ManifestEntry } from "../core/content.ts";
import type { CodeReference } from "../spec/graph.ts";
import { type AsMade, finishFolder, stillAsMade, type UsedFolder } from "./as-made.ts";
import { type CapturedPort, capturePort, type PortOrder } from "./capture-port.ts";
import { hashFile } from "./hash-file.ts";
import {
  identifyFolder,
  type Limits,
  type Places,
  type RunPlaces,
  sealIfUnaltered,
  TOO_BIG,
} from "./identify.ts";
import { type KeepCopy, keepCopy } from "./kept-copies.ts";
import { manifestPath, readManifest } from "./manifest-store.ts";
import { publishCopy } from "./publish.ts";
import { type CodePlaces, type SnapshotResult, snapshotCode } from "./snapshot.ts";
import { copyEntries, handedMode, holdsItsBytes } from "./snapshot-store.ts";

/** What each job is asked and answers. */
export interface ContentJobs {
  hashFile: { asked: { path: string; size: number }; answer: ContentId };
  identifyFolder: { asked: { path: string; places: Places }; answer: Content };
  sealIfUnaltered: {
    asked: Pick<Content, "kind" | "id" | "seal"> &
      RunPlaces & { path: string; outside: "refuse" | "follow" };
    answer: string | null;
  };
  snapshotCode: { asked: { code: CodeReference; places: CodePlaces }; answer: SnapshotResult };
  capturePort: { asked: PortOrder; answer: CapturedPort };
  copyCode: { asked: CopyCode; answer: null };
  finishFolder: { asked: FinishFolder; answer: AsMade };
  stillAsMade: { asked: UsedFolder; answer: AsMade | null };
  holdsItsBytes: { asked: { folder: string; entries: readonly ManifestEntry[] }; answer: boolean };
  readManifest: { asked: { storeFolder: string; id: ContentId }; answer: Manifest | null };
  publish: { asked: PublishCopy; answer: boolean };
  keepCopy: { asked: KeepCopy; answer: null };
}

export interface CopyCode {
  readonly from: string;
  readonly to: string;
  readonly entries: readonly ManifestEntry[];
}

export interface FinishFolder {
  readonly folder: string;
  readonly entries: readonly ManifestEntry[];
}

export interface PublishCopy {
  readonly from: string;
  readonly to: string;
  /** Null: a single file. */
  readonly entries: readonly ManifestEntry[] | null;
  /** The file that keeps what was put there; null: nothing was, and nobody asks. */
  readonly memory: string | null;
}

export type JobName = keyof ContentJobs;

export type JobTable = {
  readonly [Name in JobName]: (
    asked: ContentJobs[Name]["asked"],
    limits: Limits | null,
  ) => ContentJobs[Name]["answer"] | typeof TOO_BIG;
};

export const contentJobs: JobTable = {
  hashFile: ({ path, size }, limits) =>
    limits !== null && size > limits.bytes ? TOO_BIG : hashFile(path, size),
  identifyFolder: ({ path, places }, limits) => identifyFolder(path, places, limits),
  sealIfUnaltered: (record, limits) => sealIfUnaltered(record, record, limits),
  snapshotCode: ({ code, places }, limits) => snapshotCode(code, places, limits),
  capturePort: (order, limits) => capturePort(order, limits),
  copyCode: ({ from, to, entries }, limits) => {
    if (isMany(entries, limits)) return TOO_BIG;
    copyEntries(from, to, entries, handedMode);
    return null;
  },
  finishFolder: ({ folder, entries }, limits) =>
    limits !== null && entries.length > limits.entries ? TOO_BIG : finishFolder(folder, entries),
  stillAsMade: (used, limits) => (isMany(used.entries, limits) ? TOO_BIG : stillAsMade(used)),
  holdsItsBytes: ({ folder, entries }, limits) =>
    isMany(entries, limits) ? TOO_BIG : holdsItsBytes(folder, entries),
  readManifest: ({ storeFolder, id }, limits) => {
    const size = statSync(manifestPath(storeFolder, id), { throwIfNoEntry: false })?.size;
    if (size === undefined) return null;
    return limits !== null && size > limits.bytes / 8 ? TOO_BIG : readManifest(storeFolder, id);
  },
  publish: (copy, limits) => {
    const isBigFile =
      limits !== null && copy.entries === null && statSync(copy.from).size > limits.bytes;
    if (isBigFile || isMany(copy.entries ?? [], limits)) return TOO_BIG;
    return publishCopy(copy);
  },
  keepCopy: (copy, limits) => {
    const isBig = limits !== null && copy.content.sizeBytes > limits.bytes;
    if (isBig || isMany(copy.entries ?? [], limits)) return TOO_BIG;
    keepCopy(copy);
    return null;
  },
};

function isMany(entries: readonly ManifestEntry[], limits: Limits | null): boolean {
  if (limits === null) return false;
  const bytes = entries.reduce((sum, entry) => sum + (entry.type === "file" ? entry.size : 0), 0);
  return entries.length > limits.entries || bytes > limits.bytes;
}
