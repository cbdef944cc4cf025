// What every record store must do with pins and removals: a mark and a reuse never miss each other, and what somebody refers to
// stays.

import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../core/event.ts";
import type { MarkOrder } from "../../ports/keeping-records.ts";
import type { RecordStore, RunUpdate } from "../../ports/records.ts";
import { asEngine, batch, completed, making, newRun, update } from "./recorded.ts";

const MARK = { at: 7, by: "ann", reason: "too old" };
const ENDED: RunEvent = { kind: "run_ended", at: 9, status: "Completed", error: null };

function ended(run: string, events: readonly RunEvent[]): RunUpdate {
  const all = [...events, ENDED];
  return { ...update(run, 1, all), status: "Completed", endedAt: 9 };
}

function reusing(run: string, seq = 1): RunEvent {
  const reason = { kind: "unchanged", detail: "unchanged" } as const;
  return { kind: "steps_reused", at: 9, from: [{ run, reason, steps: [0], results: [seq] }] };
}

/** Run `one` has ended with results 1 (fingerprint f, bytes x) and 2 (g, y). */
async function withResults(store: RecordStore): Promise<number> {
  const epoch = await asEngine(store);
  await store.submit(newRun("one", { createdAt: 1 }));
  const made = [completed(0, "f", 5, making("x")), completed(1, "g", 6, making("y"))];
  await store.commit(batch(epoch, [ended("one", made)]));
  return epoch;
}

async function order(store: RecordStore, more: Partial<MarkOrder> = {}): Promise<MarkOrder> {
  const results = [1, 2].map((seq) => ({ run: "one", seq, sizeBytes: 10 }));
  return { results, mark: MARK, moment: await store.moment(), forget: null, ...more };
}

async function marked(store: RecordStore, more: Partial<MarkOrder> = {}) {
  const outcome = await store.markRemoved(await order(store, more));
  return outcome.kind === "marked" ? outcome : expect.unreachable("runs were submitted meanwhile");
}

const ASSET = {
  kind: "model" as const,
  name: "trees",
  version: "1",
  contentId: "x",
  definition: "{}",
  description: null,
  tags: {},
  createdAt: 1,
  createdBy: "ann",
  run: null,
};

export function keepingContract(name: string, open: () => RecordStore): void {
  describe(`records contract: ${name}, keeping`, () => {
    it("pins once, in the order of pinning, until it is unpinned", async () => {
      const store = open();
      const pin = { kind: "run", name: "b", by: "ann", at: 1 } as const;
      await store.pin(pin);
      await store.pin({ ...pin, by: "bob", at: 5 });
      await store.pin({ ...pin, kind: "content", name: "a", at: 2 });
      expect(await store.pins()).toEqual([pin, { ...pin, kind: "content", name: "a", at: 2 }]);
      expect(await store.unpin({ kind: "run", name: "b" })).toBe(true);
      expect(await store.unpin({ kind: "run", name: "b" })).toBe(false);
      expect((await store.pins()).map((one) => one.name)).toEqual(["a"]);
    });

    it("never offers a removed result again, and says who removed it, when and why", async () => {
      const store = open();
      const epoch = await withResults(store);
      const { results, held } = await marked(store);
      expect([results, held]).toEqual([[1, 2].map((seq) => ({ run: "one", seq })), []]);
      expect(await store.results("f")).toEqual([]);
      expect((await store.newestUsable(["f", "g"])).size).toBe(0);
      expect(await store.fingerprintsWithStaticId("static f")).toEqual([]);
      expect(await store.resultState("f")).toBe("damaged");
      expect((await store.newestResult("f"))?.removed).toEqual(MARK);
      expect(
        await store.removals([
          { run: "one", seq: 1 },
          { run: "one", seq: 9 },
        ]),
      ).toEqual([MARK, null]);
      expect((await store.resultsAt([{ run: "one", seq: 1 }]))[0]).toMatchObject({ path: "s0" });
      await store.submit(newRun("two", { createdAt: 2 }));
      const again = completed(0, "f", 8, making("x"));
      await store.commit(batch(epoch, [update("two", 1, [again])]));
      expect((await store.newestResult("f"))?.removed).toBeNull();
      expect((await store.results("f")).map((row) => row.run)).toEqual(["two"]);
    });

    it("keeps the first mark, and lists it as open until it is confirmed", async () => {
      const store = open();
      await withResults(store);
      await marked(store);
      await marked(store, { mark: { ...MARK, by: "bob" } });
      expect((await store.removals([{ run: "one", seq: 1 }]))[0]?.by).toBe("ann");
      const both = [1, 2].map((seq) => ({ run: "one", seq }));
      expect(await store.openRemovals()).toEqual({ results: both, forget: [] });
      await store.confirmRemoved([{ run: "one", seq: 1 }], 11);
      expect((await store.openRemovals()).results).toEqual([{ run: "one", seq: 2 }]);
    });

    it("refuses the commit that takes over a result removed meanwhile, whole", async () => {
      const store = open();
      const epoch = await withResults(store);
      // An engine looks the result up, then it is removed, then the engine commits.
      await store.submit(newRun("two", { createdAt: 2 }));
      expect(await store.results("f")).toHaveLength(1);
      expect((await marked(store)).results).toHaveLength(2);
      const taken = update("two", 1, [{ kind: "run_started", at: 1 }, reusing("one")]);
      expect(await store.commit(batch(epoch, [taken]))).toBe("removed");
      expect(await store.events("two", 0)).toEqual([]);
      const other = update("two", 1, [{ kind: "run_started", at: 1 }]);
      expect(await store.commit(batch(epoch, [other]))).toBe("done");
    });

    it("marks nothing that a run without an end made or took over", async () => {
      const store = open();
      const epoch = await withResults(store);
      await store.submit(newRun("two", { createdAt: 2 }));
      await store.commit(batch(epoch, [update("two", 1, [reusing("one", 2)])]));
      const { results, held } = await marked(store);
      expect(results).toEqual([{ run: "one", seq: 1 }]);
      expect(held).toMatchObject([{ seq: 2, by: expect.stringContaining("two") }]);
      const made = [completed(0, "h", 5, making("z"))];
      await store.commit(batch(epoch, [update("two", 2, made)]));
      const own = await marked(store, { results: [{ run: "two", seq: 2, sizeBytes: 1 }] });
      expect(own.held).toHaveLength(1);
    });

    it("marks nothing when something was submitted, registered or pinned since it was decided", async () => {
      const store = open();
      await withResults(store);
      for (const change of [
        () => store.submit(newRun("two", { createdAt: 2 })),
        () => store.createAsset({ ...ASSET, contentId: "other" }),
        () => store.pin({ kind: "content", name: "other", by: "ann", at: 1 }),
      ]) {
        const decided = await order(store);
        await change();
        expect(await store.markRemoved(decided)).toEqual({ kind: "changed" });
      }
      expect(await store.removals([{ run: "one", seq: 1 }])).toEqual([null]);
    });

    it("marks nothing that is pinned, by its bytes or with a run that took it over", async () => {
      const store = open();
      const epoch = await withResults(store);
      await store.pin({ kind: "content", name: "x", by: "ann", at: 1 });
      expect((await marked(store, { forget: "one" })).results).toEqual([]);
      await store.submit(newRun("two", { createdAt: 2 }));
      await store.commit(batch(epoch, [ended("two", [reusing("one", 2)])]));
      await store.pin({ kind: "run", name: "two", by: "ann", at: 2 });
      const { held } = await marked(store);
      expect(held.map((one) => one.by)).toEqual(["the pin of x", "the pin of run two"]);
      await store.unpin({ kind: "run", name: "two" });
      await store.unpin({ kind: "content", name: "x" });
      await store.pin({ kind: "run", name: "one", by: "ann", at: 2 });
      expect((await marked(store)).held).toHaveLength(2);
    });

    it("marks nothing whose bytes are registered, until that version is removed", async () => {
      const store = open();
      await withResults(store);
      await store.createAsset(ASSET);
      expect((await marked(store)).held).toEqual([{ run: "one", seq: 1, by: "model trees:1" }]);
      expect(await store.removeAsset(ASSET, MARK)).toEqual({ kind: "marked" });
      expect((await marked(store)).held).toEqual([]);
    });

    it("does not find a removed version, keeps its number taken, and knows what it was", async () => {
      const store = open();
      await store.createAsset(ASSET);
      await store.createAsset({ ...ASSET, version: "2", contentId: "y" });
      await store.removeAsset({ ...ASSET, version: "2" }, MARK);
      expect((await store.asset("model", "trees", null, null))?.version).toBe("1");
      expect(await store.asset("model", "trees", "2", null)).toBeNull();
      expect((await store.assets("model", null)).map((row) => row.version)).toEqual(["1"]);
      const again = { ...ASSET, contentId: "y" };
      expect(await store.createAsset({ ...again, version: "2" })).toMatchObject({
        kind: "conflict",
        nextVersion: "3",
      });
      expect(await store.createAsset({ ...again, version: null })).toMatchObject({
        kind: "created",
        asset: { version: "3" },
      });
      expect(await store.removedAsset({ ...ASSET, version: "2" })).toMatchObject({
        asset: { contentId: "y" },
        removed: MARK,
      });
      expect(await store.removedAsset(ASSET)).toBeNull();
      expect((await store.assetsWith("y")).map((row) => row.version)).toEqual(["2", "3"]);
      await store.forgetAsset({ ...ASSET, version: "2" });
      expect(await store.removedAsset({ ...ASSET, version: "2" })).toBeNull();
      expect((await store.assetsWith("y")).map((row) => row.version)).toEqual(["3"]);
    });

    it("finds the version that was registered last as the newest, also after others were forgotten", async () => {
      const store = open();
      for (const id of ["a", "b", "c"])
        await store.createAsset({ ...ASSET, version: null, contentId: id });
      for (const version of ["1", "2"]) await store.forgetAsset({ ...ASSET, version });
      const last = await store.createAsset({ ...ASSET, version: null, contentId: "d" });
      expect(last).toMatchObject({ kind: "created", asset: { version: "4" } });
      expect((await store.asset("model", "trees", null, null))?.version).toBe("4");
      expect((await store.assets("model", "trees")).map((row) => row.version)).toEqual(["4", "3"]);
    });

    it("removes no version that a label means or that is pinned, and says which", async () => {
      const store = open();
      await store.createAsset(ASSET);
      const label = { kind: ASSET.kind, name: "trees", label: "production", version: "1" };
      await store.labelAsset(label, "ann", 1);
      await store.pin({ kind: "model", name: "trees:1", by: "ann", at: 1 });
      const outcome = await store.removeAsset(ASSET, MARK);
      expect(outcome).toEqual({
        kind: "held",
        by: ["label production", "the pin of model trees:1"],
      });
      expect(await store.asset("model", "trees", "1", null)).not.toBeNull();
    });

    it("forgets a run whole: its row, events, results, marks and bytes by content", async () => {
      const store = open();
      await withResults(store);
      await marked(store, { forget: "one" });
      expect((await store.openRemovals()).forget).toEqual(["one"]);
      await store.forgetRun("one");
      expect(await store.openRemovals()).toEqual({ results: [], forget: [] });
      expect(await store.run("one")).toBeNull();
      expect(await store.events("one", 0)).toEqual([]);
      expect(await store.newestResult("f")).toBeNull();
      expect((await store.makers("x", { before: null, limit: 1 })).total).toBe(0);
      expect((await store.submit(newRun("one"))).kind).toBe("created");
    });
  });
}
