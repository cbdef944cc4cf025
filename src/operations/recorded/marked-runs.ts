// The durable mark of a run at whose end something is to be done that no event records: telling somebody of it, sharing it. A
// file that is there before the run is, and goes when that was done; it may say which parts of it are, never what they are.

import fs from "node:fs";
import path from "node:path";
import type { ProcessIdentity } from "../../core/attempt.ts";
import { isEndedRun } from "../../core/status.ts";
import { readText } from "../../ports/read-file.ts";
import { syncFolder } from "../../ports/sync-folder.ts";
import { namesIn } from "../names-in.ts";
import { places, type Workspace } from "../workspace.ts";

/** A mark this old of a run that does not exist belongs to a submit that never was. */
const STRAY_MS = 60 * 60_000;

export type AtEnd = "notify" | "share";

/** What this workspace does at the end of a run. */
function atEnd({ config }: Workspace): readonly AtEnd[] {
  return [
    ...(config.notify.length > 0 ? (["notify"] as const) : []),
    ...(config.caches.some((cache) => cache.mayWrite) ? (["share"] as const) : []),
  ];
}

/** Before the submit. The marks that were not there before. */
export function markRun(workspace: Workspace, run: string): readonly AtEnd[] {
  return atEnd(workspace).filter((what) => mark(places.marks(workspace.folder, what), run));
}

function mark(marks: string, run: string): boolean {
  fs.mkdirSync(marks, { recursive: true });
  try {
    const handle = fs.openSync(path.join(marks, run), "wx", 0o600);
    fs.fsyncSync(handle);
    fs.closeSync(handle);
    syncFolder(marks);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Marks for a name that the submit did not get: whoever has the name may still need them. */
export async function unmark(
  workspace: Workspace,
  run: string,
  marks: readonly AtEnd[],
): Promise<void> {
  if (marks.length === 0) return;
  const row = await workspace.records.run(run);
  if (row !== null && !isEndedRun(row.status)) return;
  for (const what of marks) forget(workspace, what, run);
}

export function forget({ folder }: Pick<Workspace, "folder">, what: AtEnd, run: string): void {
  fs.rmSync(path.join(places.marks(folder, what), run), { force: true });
}

/** Ended runs with a mark. */
export async function markedRuns(workspace: Workspace, what: AtEnd): Promise<readonly string[]> {
  const marks = places.marks(workspace.folder, what);
  const runs: string[] = [];
  for (const name of namesIn(marks)) {
    const row = await workspace.records.run(name);
    if (row !== null && isEndedRun(row.status)) runs.push(name);
    const at = path.join(marks, name);
    const stats = row === null ? fs.statSync(at, { throwIfNoEntry: false }) : undefined;
    if (stats !== undefined && workspace.clock.now() - stats.mtimeMs > STRAY_MS)
      forget(workspace, what, name);
  }
  return runs;
}

/** Numbers of the parts that are done; null when the run has no mark (any more). */
export function doneOf(
  { folder }: Pick<Workspace, "folder">,
  what: AtEnd,
  run: string,
): ReadonlySet<number> | null {
  try {
    const text = readText(path.join(places.marks(folder, what), run));
    return new Set(text.split("\n").filter(Boolean).map(Number));
  } catch {
    return null;
  }
}

/** Durable when it returns. */
export function markDone(
  { folder }: Pick<Workspace, "folder">,
  what: AtEnd,
  { run, index }: { readonly run: string; readonly index: number },
): void {
  const handle = fs.openSync(path.join(places.marks(folder, what), run), "a");
  fs.writeSync(handle, `${index}\n`);
  fs.fsyncSync(handle);
  fs.closeSync(handle);
}

/** True when this process is the one that does it; false while another living one is. */
export function claim(workspace: Workspace, what: AtEnd, run: string): boolean {
  const folder = places.claims(workspace.folder, what);
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, run);
  const partial = path.join(folder, `.${workspace.random.id()}`);
  fs.writeFileSync(partial, JSON.stringify(workspace.self()));
  try {
    // A link appears with its content or not at all.
    if (!link(partial, file)) {
      if (isAlive(workspace, file)) return false;
      fs.rmSync(file, { force: true });
      return link(partial, file);
    }
    return true;
  } finally {
    fs.rmSync(partial, { force: true });
  }
}

export function unclaim({ folder }: Pick<Workspace, "folder">, what: AtEnd, run: string): void {
  fs.rmSync(path.join(places.claims(folder, what), run), { force: true });
}

function link(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function isAlive(workspace: Workspace, file: string): boolean {
  try {
    return workspace.process.isAlive(JSON.parse(readText(file)) as ProcessIdentity);
  } catch {
    return false;
  }
}
