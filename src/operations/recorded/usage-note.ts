// Whether it is time to tell a person about the disk: the workspace is large, or little is left. The size is measured once a
// day by a process of its own, and in between added up from what runs have made: the end of a run does not wait for it.

import fs from "node:fs";
import path from "node:path";
import { readText } from "../../ports/read-file.ts";
import { places, type Workspace } from "../workspace.ts";
import type { RecordedRun } from "./read-run.ts";

/** What a person should know about the disk. */
export type DiskNotice =
  | { readonly kind: "large"; readonly sizeBytes: number; readonly limitBytes: number }
  | { readonly kind: "nearly_full"; readonly freeBytes: number; readonly folder: string };

interface Note {
  readonly at: number;
  readonly sizeBytes: number;
}

const MEASURED_FOR_MS = 24 * 60 * 60_000;
/** Less than this part of the disk is little. */
const LITTLE = 0.1;

/** Called when a run has ended; null when there is nothing to say. `measure` starts a process that calls {@link noteUsage}. */
export function diskNotice(
  workspace: Workspace,
  run: RecordedRun,
  measure: () => void,
): DiskNotice | null {
  const sizeBytes = sizeAfter(workspace, run, measure);
  const limitBytes = workspace.config.warnSizeBytes;
  if (sizeBytes > limitBytes) return { kind: "large", sizeBytes, limitBytes };
  const folder = places.dot(workspace.folder);
  const { bavail, blocks, bsize } = fs.statfsSync(folder);
  if (bavail >= blocks * LITTLE) return null;
  return { kind: "nearly_full", freeBytes: bavail * bsize, folder };
}

/** All that the workspace keeps has just been measured. */
export function noteUsage(workspace: Workspace, sizeBytes: number): void {
  write(workspace, { at: workspace.clock.now(), sizeBytes });
}

/** What a workspace begins with. */
export function noteEmpty(workspace: Workspace): void {
  write(workspace, { at: workspace.clock.now(), sizeBytes: 0 });
}

function sizeAfter(workspace: Workspace, run: RecordedRun, measure: () => void): number {
  const now = workspace.clock.now();
  const note = read(workspace) ?? { at: Number.NEGATIVE_INFINITY, sizeBytes: 0 };
  const made = madeBy(run);
  const sizeBytes = note.sizeBytes + made;
  const isOld = now - note.at > MEASURED_FOR_MS;
  // Dated now, so that the runs until it is measured do not ask again.
  if (isOld || made > 0) write(workspace, { at: isOld ? now : note.at, sizeBytes });
  if (isOld) measure();
  return sizeBytes;
}

function madeBy(run: RecordedRun): number {
  let sum = 0;
  for (const [index, { result }] of run.results) {
    if (run.state.steps[index]?.decision !== "ran") continue;
    for (const output of Object.values(result.outputs)) sum += output.sizeBytes;
    sum += result.artifacts?.sizeBytes ?? 0;
  }
  return sum;
}

function noteFile(workspace: Workspace): string {
  return path.join(places.dot(workspace.folder), "cache", "usage.json");
}

function read(workspace: Workspace): Note | null {
  try {
    return JSON.parse(readText(noteFile(workspace))) as Note;
  } catch {
    return null;
  }
}

function write(workspace: Workspace, note: Note): void {
  const file = noteFile(workspace);
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(`${file}.${process.pid}`, JSON.stringify(note));
    fs.renameSync(`${file}.${process.pid}`, file);
  } catch {
    // On a full disk the next run measures again.
  }
}
