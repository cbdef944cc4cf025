import os from "node:os";
import { expect, it, onTestFinished } from "vitest";
import { FileSystemSync } from "./sync-file-system.ts";

function syncing(): FileSystemSync {
  const sync = new FileSystemSync();
  onTestFinished(() => sync.close());
  return sync;
}

const onLinux = it.runIf(process.platform === "linux");

onLinux("syncs the file system of a folder, several times in turn and at once", async () => {
  const sync = syncing();
  await sync.sync(os.tmpdir());
  await Promise.all([sync.sync(os.tmpdir()), sync.sync("/")]);
});

it("says that what cannot be synced does not last", async () => {
  const sync = syncing();
  await expect(sync.sync("/there/is no such folder")).rejects.toMatchObject({ code: "EIO" });
  await expect(sync.sync("/tmp/two\nlines")).rejects.toMatchObject({ code: "EIO" });
});

onLinux("works again after its shell was ended", async () => {
  const sync = syncing();
  await sync.sync(os.tmpdir());
  sync.close();
  await expect(sync.sync(os.tmpdir())).rejects.toMatchObject({ code: "EIO" });
  await expect.poll(() => sync.sync(os.tmpdir()).then(() => "synced", String)).toBe("synced");
});
