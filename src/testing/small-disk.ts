// A file system of a few megabytes for tests of full disks. Needs root on Linux; elsewhere it is null and the test says
// that it was skipped.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SmallDisk {
  readonly folder: string;
  remove(): void;
}

export function smallDisk(options: { readonly megabytes: number; readonly inodes: number }) {
  const folder = mkdtempSync(join(tmpdir(), "stepwell-disk-"));
  const size = `size=${options.megabytes}m,nr_inodes=${options.inodes}`;
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", size, "tmpfs", folder]);
  const remove = (): void => {
    spawnSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true, force: true });
  };
  if (mounted.status === 0) return { folder, remove } satisfies SmallDisk;
  remove();
  console.warn("skipped: a disk of its own needs root on Linux");
  return null;
}
