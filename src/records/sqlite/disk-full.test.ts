import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CommitBatch, NewRun, RecordStore } from "../../ports/records.ts";
import { fillDisk } from "../../testing/fill-disk.ts";
import { type SmallDisk, smallDisk } from "../../testing/small-disk.ts";
import { openDatabase } from "./driver.ts";
import { openSqliteStore } from "./store.ts";

const ME = { host: "here", process: { bootId: "boot", pid: 1, startTime: "1" } };
const RUN: NewRun = {
  name: "one",
  pipeline: "taxi",
  experiment: "trial",
  displayName: null,
  description: null,
  tags: {},
  createdAt: 1000,
  priority: 0,
  detached: false,
  owner: null,
  idempotencyKey: null,
  planId: "plan",
  planBody: "{}",
  steps: 2,
  documents: [],
  origin: { user: "ann", host: "here", commandLine: [], workingFolder: "/", file: null, git: [] },
};

let disk: SmallDisk | null;
beforeEach((context) => {
  disk = smallDisk({ megabytes: 4, inodes: 100 });
  if (disk === null) context.skip();
});
afterEach(() => disk?.remove());

function open(): RecordStore {
  const opened = openSqliteStore(path.join(disk?.folder as string, "stepwell.db"));
  return opened.kind === "open" ? opened.store : expect.unreachable();
}

/** Larger than what a log of commits may have kept for itself. */
function batch(epoch: number): CommitBatch {
  const event = { kind: "warned", at: 5, message: "x".repeat(1 << 19) } as const;
  const update = {
    run: "one",
    firstSeq: 1,
    events: [event],
    paths: ["a"],
    status: "Running" as const,
    startedAt: 5,
    endedAt: null,
    counts: { total: 2, ran: 0, reused: 0, failed: 0 },
  };
  return {
    epoch,
    at: 5,
    lasting: true,
    updates: [update],
    preImages: [],
    damaged: [],
    handledRequests: [],
  };
}

describe("a record on a full disk", () => {
  it("says so and keeps nothing of the commit, which can be made when there is room", async () => {
    const store = open();
    await store.submit(RUN);
    const outcome = await store.becomeEngine(ME, 1, () => true);
    const epoch = outcome.kind === "engine" ? outcome.epoch : expect.unreachable();
    const filler = fillDisk(disk?.folder as string, "space");
    expect(await store.commit(batch(epoch))).toBe("disk_full");
    expect(await store.events("one", 0)).toEqual([]);
    filler.free();
    expect(await store.commit(batch(epoch))).toBe("done");
    expect(await store.events("one", 0)).toHaveLength(1);
    await store.close();
  });

  it.each(["space", "inodes"] as const)(
    "can be read without %s, and is not written",
    async (what) => {
      const before = open();
      await before.submit(RUN);
      await before.close();
      // The last one out takes the log of commits away; here the statements of the store are still there.
      const last = openDatabase(path.join(disk?.folder as string, "stepwell.db"));
      last.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      last.close();
      for (const end of ["-shm", "-wal"])
        fs.rmSync(path.join(disk?.folder as string, `stepwell.db${end}`), { force: true });
      expect(fs.readdirSync(disk?.folder as string)).toEqual(["stepwell.db"]);
      const filler = fillDisk(disk?.folder as string, what);
      const store = open();
      expect((await store.run("one"))?.pipeline).toBe("taxi");
      await expect(store.submit({ ...RUN, name: "two" })).rejects.toThrow("disk is full");
      await expect(store.request("one", "cancel", "ann", 1)).rejects.toThrow("disk is full");
      expect(await store.becomeEngine(ME, 1, () => true)).toEqual({ kind: "disk_full" });
      await store.close();
      filler.free();
      const after = open();
      await after.submit({ ...RUN, name: "two" });
      expect((await after.openRuns()).map((row) => row.name)).toEqual(["one", "two"]);
      await after.close();
    },
  );
});
