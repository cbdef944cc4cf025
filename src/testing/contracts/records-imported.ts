// What every record store must do with runs of other workspaces: they are found by name and by what they made, and what was
// invalidated here does not come back with them.

import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../core/event.ts";
import type { ImportedRun, RecordStore } from "../../ports/records.ts";
import { asEngine, batch, completed, newRun, PROCESS, update } from "./recorded.ts";

const MARK = { at: 7, by: "ann", reason: "wrong labels" };

function imported(name: string, results: readonly RunEvent[]): ImportedRun {
  const ended: RunEvent = { kind: "run_ended", at: 9, status: "Completed", error: null };
  const events = [{ kind: "run_started", at: 1 } as const, ...results, ended];
  return {
    run: newRun(name, { createdAt: 1 }),
    update: { ...update(name, 1, events), status: "Completed", endedAt: 9 },
    preImages: [],
  };
}

/** Run `own` has a result of fingerprint f, which was invalidated. */
async function withMark(store: RecordStore, madeAt: number): Promise<void> {
  const epoch = await asEngine(store);
  await store.submit(newRun("own"));
  await store.commit(batch(epoch, [update("own", 1, [completed(0, "f", madeAt)])]));
  await store.invalidate([{ run: "own", seq: 1 }], MARK);
}

export function importedContract(name: string, open: () => RecordStore): void {
  describe(`imported runs of records: ${name}`, () => {
    it("gives what another workspace made, once, and leaves it out of lists", async () => {
      const store = open();
      const other = imported("other", [completed(0, "f", 5), completed(1, "g", 6)]);
      expect(await store.importRun(other)).toBe("created");
      expect(await store.importRun(other)).toBe("there");
      expect((await store.results("f")).map(({ run, seq }) => [run, seq])).toEqual([["other", 2]]);
      expect(await store.run("other")).toMatchObject({ imported: true, status: "Completed" });
      expect(await store.runs({ limit: 9 })).toEqual([]);
    });

    it("does not bring back what was invalidated here, but gives what was made since", async () => {
      const store = open();
      await withMark(store, 5);
      await store.importRun(imported("same", [completed(0, "f", 5), completed(1, "g", 5)]));
      expect(await store.results("f")).toEqual([]);
      expect(await store.invalidations([2, 3].map((seq) => ({ run: "same", seq })))).toEqual([
        MARK,
        null,
      ]);
      expect(await store.results("g")).toHaveLength(1);
      await store.importRun(imported("since", [completed(0, "f", 8)]));
      expect((await store.results("f")).map(({ run }) => run)).toEqual(["since"]);
    });

    it("knows the same result also where the clock was set back before the mark", async () => {
      const store = open();
      await withMark(store, 9000);
      await store.importRun(imported("same", [completed(0, "f", 9000)]));
      expect(await store.results("f")).toEqual([]);
    });

    it("makes nothing last but itself", async () => {
      const store = open();
      const epoch = await asEngine(store);
      await store.submit(newRun("own"));
      await store.commit(batch(epoch, [update("own", 1, [completed(0, "f", 5)])], false));
      await store.importRun(imported("other", [completed(0, "g", 5)]));
      const nextBoot = { host: "here", process: { ...PROCESS, bootId: "later" } };
      await store.becomeEngine(nextBoot, 3000, () => false);
      expect([...(await store.newestUsable(["f", "g"])).keys()]).toEqual(["g"]);
    });
  });
}
