// What a built environment consists of, cheaply: a digest over the names, sizes and times of its files. Also makes such a
// folder read-only and removes it again. Knows nothing of Python but its caches.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setImmediate as breathe } from "node:timers/promises";

/** Files between two breaks, so that the engine's thread is never held up for long. */
const FILES_AT_ONCE = 400;

/** Digest of all files; compiled caches do not count, because Python may add to them. */
export async function listingOf(folder: string): Promise<string> {
  const hash = createHash("sha256");
  let count = 0;
  const folders = [folder];
  for (let current = folders.pop(); current !== undefined; current = folders.pop()) {
    const entries = fs.readdirSync(current, { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const full = path.join(current, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== "__pycache__") folders.push(full);
        continue;
      }
      const stats = fs.lstatSync(full, { bigint: true });
      hash.update(`${path.relative(folder, full)}\0${stats.size}\0${stats.mtimeNs}\n`);
      count += 1;
      if (count % FILES_AT_ONCE === 0) await breathe();
    }
  }
  return `${count}:${hash.digest("hex")}`;
}

/** Takes the right to write from everything in it. */
export async function makeReadOnly(folder: string): Promise<void> {
  await forEach(folder, (full, stats) => fs.chmodSync(full, stats.mode & 0o555));
}

/** Removes a folder that may be read-only; nothing happens when it is not there. */
export async function removeFolder(folder: string): Promise<void> {
  if (!fs.existsSync(folder)) return;
  await forEach(folder, (full, stats) => {
    if (stats.isDirectory()) fs.chmodSync(full, 0o755);
  });
  await fs.promises.rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

async function forEach(
  folder: string,
  act: (full: string, stats: fs.Stats) => void,
): Promise<void> {
  let count = 0;
  for (const [full, stats] of everything(folder)) {
    act(full, stats);
    count += 1;
    if (count % FILES_AT_ONCE === 0) await breathe();
  }
}

/** The folder and all in it but links, outer before inner. */
function* everything(folder: string): Generator<readonly [string, fs.Stats]> {
  const stats = fs.lstatSync(folder, { throwIfNoEntry: false });
  if (stats === undefined || stats.isSymbolicLink()) return;
  yield [folder, stats];
  if (!stats.isDirectory()) return;
  // The names are read after the folder was yielded: it may have been made readable by then.
  for (const name of fs.readdirSync(folder)) yield* everything(path.join(folder, name));
}
