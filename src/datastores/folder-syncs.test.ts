import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { FileCalls } from "./file-calls.ts";
import { FolderSyncs } from "./folder-syncs.ts";

/** Counts the syncs that really happen. */
class CountedCalls extends FileCalls {
  count = 0;
  override sync(file: number): Promise<void> {
    this.count += 1;
    return super.sync(file);
  }
}

it("shares the sync of a folder among all who wait for one, and begins anew for who comes later", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-syncs-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const calls = new CountedCalls();
  const syncs = new FolderSyncs(calls);
  await Promise.all(Array.from({ length: 50 }, () => syncs.sync(folder)));
  expect(calls.count).toBe(1);
  await syncs.sync(folder);
  expect(calls.count).toBe(2);
});

it("does not count on a sync that had begun before", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-syncs-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  let begun = (): void => undefined;
  const hasBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  class SaysWhen extends CountedCalls {
    override sync(file: number): Promise<void> {
      begun();
      return super.sync(file);
    }
  }
  const calls = new SaysWhen();
  const syncs = new FolderSyncs(calls);
  const first = syncs.sync(folder);
  await hasBegun;
  await Promise.all([first, syncs.sync(folder), syncs.sync(folder)]);
  expect(calls.count).toBe(2);
});

it("says what is wrong with the folder to all who wait, and works again afterwards", async () => {
  const folder = path.join(os.tmpdir(), `stepwell-not-there-${process.pid}`);
  const syncs = new FolderSyncs(new FileCalls());
  const both = await Promise.allSettled([syncs.sync(folder), syncs.sync(folder)]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  fs.mkdirSync(folder);
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  await expect(syncs.sync(folder)).resolves.toBeUndefined();
});

it("waits for no disk where the caller syncs what was written", async () => {
  const calls = new CountedCalls(false);
  await new FolderSyncs(calls).sync(path.join(os.tmpdir(), "stepwell-never-opened"));
  expect(calls.count).toBe(0);
});
