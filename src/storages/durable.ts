// Makes what was captured survive a power cut, before the commit that records it: a few files by fsync, many by one sync
// of their file system. Runs off the engine's thread; knows paths only.

import { spawn } from "node:child_process";
import { closeSync, fsync, openSync } from "node:fs";

/** Up to so many paths are synced one by one. */
const FEW = 6;

/** `folder` lies on the file system of all the paths. */
export async function syncPaths(paths: readonly string[], folder: string): Promise<void> {
  if (paths.length === 0) return;
  if (paths.length > FEW && (await syncFileSystem(folder))) return;
  // Four at a time: the threads of Node's pool.
  const rest = [...paths];
  const drain = async (): Promise<void> => {
    for (let path = rest.pop(); path !== undefined; path = rest.pop()) await syncPath(path);
  };
  await Promise.all([drain(), drain(), drain(), drain()]);
}

let hasSync = process.platform === "linux";

/** False where there is no `sync -f` (coreutils on Linux has it). */
function syncFileSystem(folder: string): Promise<boolean> {
  if (!hasSync) return Promise.resolve(false);
  return new Promise((resolve) => {
    const child = spawn("sync", ["-f", folder], { stdio: "ignore" });
    const finish = (isDone: boolean): void => {
      hasSync &&= isDone;
      resolve(isDone);
    };
    child.on("error", () => finish(false));
    child.on("exit", (code) => finish(code === 0));
  });
}

function syncPath(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const file = openSync(path, "r");
    fsync(file, (error) => {
      closeSync(file);
      // Some file systems cannot sync a folder, and need not.
      if (error === null || error.code === "EINVAL") resolve();
      else reject(error);
    });
  });
}
