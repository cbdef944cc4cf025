import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { sync } from "./durable.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stepwell-durable-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("syncs a few paths and a whole tree, and knows nothing to do", async () => {
  mkdirSync(join(folder, "tree/deep"), { recursive: true });
  for (let index = 0; index < 20; index += 1)
    writeFileSync(join(folder, `tree/deep/${index}`), "x");
  const file = join(folder, "file");
  writeFileSync(file, "x");
  await sync({ paths: [file, folder], trees: [] }, folder);
  await sync({ paths: [file], trees: [join(folder, "tree")] }, folder);
  await sync({ paths: [], trees: [] }, folder);
});

it("says so when what should be durable is gone", async () => {
  await expect(sync({ paths: [join(folder, "gone")], trees: [] }, folder)).rejects.toThrow("gone");
});

it("keeps what was synced through a power cut", async (context) => {
  if (process.getuid?.() !== 0 || spawnSync("mkfs.ext4", ["-V"]).error !== undefined) {
    console.warn("skipped: a power cut needs root and a file system of its own");
    context.skip();
  }
  const image = join(folder, "disk");
  const mount = join(folder, "mount");
  mkdirSync(mount);
  execFileSync("truncate", ["-s", "32M", image]);
  execFileSync("mkfs.ext4", ["-q", image]);
  if (spawnSync("mount", ["-o", "loop", image, mount]).status !== 0) {
    console.warn("skipped: no loop device can be mounted");
    context.skip();
  }
  try {
    const store = join(mount, "store");
    mkdirSync(join(store, "tree"), { recursive: true });
    for (let index = 0; index < 20; index += 1)
      writeFileSync(join(store, `tree/${index}`), `${index}`);
    await sync({ paths: [store, mount], trees: [join(store, "tree")] }, store);
    writeFileSync(join(mount, "unsynced"), "lost");
    cutPower(mount);
    execFileSync("umount", [mount]);
    execFileSync("mount", ["-o", "loop", image, mount]);
    expect(readdirSync(join(store, "tree"))).toHaveLength(20);
    expect(readFileSync(join(store, "tree/7"), "utf8")).toBe("7");
  } finally {
    spawnSync("umount", [mount]);
  }
});

/** EXT4_IOC_SHUTDOWN without flushing the log: what was not synced is gone. */
function cutPower(mount: string): void {
  const program =
    "import fcntl,os,struct,sys;" +
    "fcntl.ioctl(os.open(sys.argv[1],os.O_RDONLY),0x8004587D,struct.pack('I',2))";
  execFileSync("python3", ["-c", program, mount]);
}
