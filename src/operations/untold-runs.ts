// The durable mark of a run whose end somebody is to be told of: a file that is there before the run is, and goes when
// they were told. It says which entries of `notify` are done, never what they are.

import fs from "node:fs";
import path from "node:path";
import type { ProcessIdentity } from "../core/attempt.ts";
import { isEndedRun } from "../core/status.ts";
import { namesIn } from "./names-in.ts";
import { places, type Workspace } from "./workspace.ts";

/** A mark this old of a run that does not exist belongs to a submit that never was. */
const STRAY_MS = 60 * 60_000;

/** Before the submit. False: there is nothing to tell, or the mark is there. */
export function markUntold({ folder, config }: Workspace, run: string): boolean {
  if (config.notify.length === 0) return false;
  const marks = places.untold(folder);
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

/** A mark for a name that the submit did not get: whoever has the name may still need it. */
export async function unmark(workspace: Workspace, run: string): Promise<void> {
  const row = await workspace.records.run(run);
  if (row === null || isEndedRun(row.status)) forget(workspace, run);
}

export function forget({ folder }: Pick<Workspace, "folder">, run: string): void {
  fs.rmSync(path.join(places.untold(folder), run), { force: true });
}

/** Ended runs with a mark. */
export async function untoldRuns(workspace: Workspace): Promise<readonly string[]> {
  const runs: string[] = [];
  for (const name of namesIn(places.untold(workspace.folder))) {
    const row = await workspace.records.run(name);
    if (row !== null && isEndedRun(row.status)) runs.push(name);
    const mark = path.join(places.untold(workspace.folder), name);
    const stats = row === null ? fs.statSync(mark, { throwIfNoEntry: false }) : undefined;
    if (stats !== undefined && workspace.clock.now() - stats.mtimeMs > STRAY_MS)
      forget(workspace, name);
  }
  return runs;
}

/** Indices of the entries that are done; null when the run has no mark (any more). */
export function doneOf(
  { folder }: Pick<Workspace, "folder">,
  run: string,
): ReadonlySet<number> | null {
  try {
    const text = fs.readFileSync(path.join(places.untold(folder), run), "utf8");
    return new Set(text.split("\n").filter(Boolean).map(Number));
  } catch {
    return null;
  }
}

/** Durable when it returns. */
export function markDone({ folder }: Pick<Workspace, "folder">, run: string, index: number): void {
  const handle = fs.openSync(path.join(places.untold(folder), run), "a");
  fs.writeSync(handle, `${index}\n`);
  fs.fsyncSync(handle);
  fs.closeSync(handle);
}

/** True when this process is the one that tells; false while another living one is. */
export function claim(workspace: Workspace, run: string): boolean {
  const folder = places.telling(workspace.folder);
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

export function unclaim({ folder }: Pick<Workspace, "folder">, run: string): void {
  fs.rmSync(path.join(places.telling(folder), run), { force: true });
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
    return workspace.process.isAlive(JSON.parse(fs.readFileSync(file, "utf8")) as ProcessIdentity);
  } catch {
    return false;
  }
}

function syncFolder(folder: string): void {
  const handle = fs.openSync(folder, "r");
  fs.fsyncSync(handle);
  fs.closeSync(handle);
}
