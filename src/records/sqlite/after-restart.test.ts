import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { RecordStore } from "../../ports/records.ts";
import {
  asEngine,
  batch,
  completed,
  ME,
  newRun,
  PROCESS,
  update,
} from "../../testing/contracts/recorded.ts";
import { openSqliteStore } from "./store.ts";

// What whoever opens the record finds of a commit that need not have lasted.

let folder: string;
let opened: RecordStore[];
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-restart-"));
  opened = [];
});
afterEach(async () => {
  for (const store of opened) await store.close();
  fs.rmSync(folder, { recursive: true });
});

function open(bootId: string, host = ME.host): RecordStore {
  const found = openSqliteStore(path.join(folder, "stepwell.db"), { here: { host, bootId } });
  if (found.kind !== "open") return expect.unreachable();
  opened.push(found.store);
  return found.store;
}

/** One result that lasts, and one that need not. */
async function recorded(): Promise<{ readonly store: RecordStore; readonly epoch: number }> {
  const store = open(PROCESS.bootId);
  const epoch = await asEngine(store);
  await store.submit(newRun("one"));
  await store.commit(batch(epoch, [update("one", 1, [completed(0, "f", 1)])]));
  await store.commit(batch(epoch, [update("one", 2, [completed(1, "g", 2)])], false));
  return { store, epoch };
}

const found = async (store: RecordStore): Promise<readonly string[]> => [
  ...(await store.newestUsable(["f", "g"])).keys(),
];

it("is gone once the machine has started anew, and its engine, should it live, commits nothing more", async () => {
  const { store, epoch } = await recorded();
  expect(await found(open("later"))).toEqual(["f"]);
  const more = batch(epoch, [update("one", 3, [completed(2, "h", 3)])]);
  expect(await store.commit(more)).toBe("fenced");
  expect(await asEngine(open("later"))).toBeGreaterThan(epoch);
});

it("is there for whoever opens it on the same start of the machine, or on another machine", async () => {
  const { store, epoch } = await recorded();
  expect(await found(open(PROCESS.bootId))).toEqual(["f", "g"]);
  expect(await found(open("later", "another"))).toEqual(["f", "g"]);
  const more = batch(epoch, [update("one", 3, [completed(2, "h", 3)])]);
  expect(await store.commit(more)).toBe("done");
  expect(await found(open("later"))).toEqual(["f", "g"]);
});
