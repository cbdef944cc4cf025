// A file system of its own on a file, whose power can be cut: what was not synced is gone, a rename that was not synced
// too, and the machine has another boot id. Needs root on Linux with loop devices; elsewhere it is null and the test says
// that it was skipped.

import { execFileSync, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface LoopDisk {
  readonly folder: string;
  /** Words before a program: it sees a machine that has started when the disk was last mounted. */
  readonly through: readonly string[];
  /** From now on nothing reaches the disk; writers get errors. */
  cutPower(): void;
  /** After everything that used it is gone: mounts what is on the disk. */
  comeBack(): void;
  remove(): void;
}

export function loopDisk(megabytes: number): LoopDisk | null {
  const base = mkdtempSync(join(tmpdir(), "stepwell-loop-"));
  const image = join(base, "disk");
  const folder = join(base, "mount");
  mkdirSync(folder);
  const remove = (): void => {
    spawnSync("umount", ["-l", folder]);
    rmSync(base, { recursive: true, force: true });
  };
  const boot = join(base, "boot_id");
  const mount = (): boolean => {
    writeFileSync(boot, `${randomUUID()}\n`);
    return spawnSync("mount", ["-o", "loop", image, folder]).status === 0;
  };
  spawnSync("truncate", ["-s", `${megabytes}M`, image]);
  const isMade = spawnSync("mkfs.ext4", ["-q", image]).status === 0;
  if (!isMade || !mount()) {
    remove();
    console.warn("skipped: a power cut needs root, mkfs.ext4 and a loop device");
    return null;
  }
  return {
    folder,
    through: ["unshare", "--mount", "sh", "-c", WITH_BOOT_ID, boot],
    remove,
    cutPower: () => void execFileSync("python3", ["-c", SHUTDOWN, folder]),
    comeBack() {
      execFileSync("umount", [folder]);
      waitUntilGone(image);
      if (!mount()) throw new Error("the disk cannot be mounted after the cut");
    },
  };
}

/** What died with the power may take a moment to go: as long as it sees the old mount, a new one is the same dead disk. */
function waitUntilGone(image: string): void {
  const devices = (): string => execFileSync("losetup", ["-j", image], { encoding: "utf8" });
  for (let waits = 0; devices() !== ""; waits += 1) {
    if (waits === 200) throw new Error("the disk is still in use after the cut");
    execFileSync("sleep", ["0.05"]);
  }
}

/** EXT4_IOC_SHUTDOWN without flushing the log. */
const SHUTDOWN =
  "import fcntl,os,struct,sys;" +
  "fcntl.ioctl(os.open(sys.argv[1],os.O_RDONLY),0x8004587D,struct.pack('I',2))";

/** Only that program and what it starts see the file there. */
const WITH_BOOT_ID = 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"';
