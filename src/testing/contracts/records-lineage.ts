// What every record store must answer by content: who made some bytes, who read them, what they are registered as.

import { describe, expect, it } from "vitest";
import type { ReadInput, RunEvent } from "../../core/event.ts";
import type { OutputRecord, StepResult } from "../../core/output.ts";
import type { ReaderFilter } from "../../ports/lineage-index.ts";
import type { RecordStore } from "../../ports/records.ts";
import { asEngine, batch, completed, ME, newRun, PROCESS, update } from "./recorded.ts";

function record(id: string, same?: string): OutputRecord {
  const content = { kind: "file", sizeBytes: 1, files: 1, seal: "" } as const;
  const more = same === undefined ? {} : { same: { rule: "r", id: same } };
  return { ...content, ...more, id, type: "uri_file", path: `/${id}` } as unknown as OutputRecord;
}

function made(
  outputs: Readonly<Record<string, OutputRecord>>,
  artifacts: string | null = null,
): {
  readonly result: StepResult;
} {
  const result = { metrics: {}, loggedParameters: {}, warnings: [], outputs };
  return { result: { ...result, artifacts: artifacts === null ? null : record(artifacts) } };
}

const FROM_ONE: ReadInput = { id: "x", from: { run: "one", seq: 1, output: "rows" } };
const OUTSIDE: ReadInput = { id: "x", written: "./x.csv", asset: null };

async function withRuns(store: RecordStore, ...names: readonly string[]): Promise<number> {
  const epoch = await asEngine(store);
  for (const [index, name] of names.entries())
    await store.submit(newRun(name, { createdAt: index }));
  return epoch;
}

function reused(...from: readonly (readonly [run: string, seq: number])[]): RunEvent {
  const reason = { kind: "unchanged", detail: "unchanged" } as const;
  const groups = from.map(([run, seq]) => ({ run, reason, steps: [0], results: [seq] }));
  return { kind: "steps_reused", at: 9, from: groups };
}

export function lineageContract(name: string, open: () => RecordStore): void {
  describe(`records by content: ${name}`, () => {
    it("finds what made some bytes, the first made first, by every id that they go by", async () => {
      const store = open();
      const epoch = await withRuns(store, "one", "two");
      const first = completed(0, "f", 5, made({ rows: record("x", "same-x") }, "logs"));
      const second = completed(0, "g", 7, made({ copy: record("x"), other: record("y") }));
      await store.commit(batch(epoch, [update("two", 1, [second]), update("one", 1, [first])]));
      const one = { run: "one", seq: 1, port: "rows", at: 5 };
      const two = { run: "two", seq: 1, port: "copy", at: 7 };
      const all = { before: null, limit: 9 };
      expect(await store.makers("x", all)).toEqual({ rows: [one, two], total: 2 });
      expect(await store.makers("x", { before: 7, limit: 9 })).toEqual({ rows: [one], total: 1 });
      expect(await store.makers("x", { before: null, limit: 1 })).toEqual({
        rows: [one],
        total: 2,
      });
      expect((await store.makers("same-x", all)).rows).toEqual([one]);
      expect((await store.makers("logs", all)).rows).toEqual([{ ...one, port: "artifacts" }]);
      expect(await store.makers("z", all)).toEqual({ rows: [], total: 0 });
    });

    it("counts artifacts that are a declared output once", async () => {
      const store = open();
      const epoch = await withRuns(store, "one");
      const event = completed(0, "f", 5, made({ artifacts: record("logs") }, "logs"));
      await store.commit(batch(epoch, [update("one", 1, [event])]));
      expect((await store.makers("logs", { before: null, limit: 9 })).total).toBe(1);
    });

    it("finds what read some bytes, newest first, and whose output they read", async () => {
      const store = open();
      const epoch = await withRuns(store, "one", "two");
      const events = [
        completed(0, "f", 5, made({ rows: record("x") })),
        completed(1, "g", 6, { inputs: { a: FROM_ONE, b: OUTSIDE } }),
      ];
      const other = completed(0, "h", 8, {
        inputs: { c: { id: "x", from: { run: "two", seq: 7, output: "o" } }, d: OUTSIDE },
      });
      await store.commit(batch(epoch, [update("one", 1, events), update("two", 1, [other])]));
      const ports = async (filter: Partial<ReaderFilter>): Promise<readonly string[]> => {
        const all = { of: "any", after: null, limit: 9 } as const;
        return (await store.readers("x", { ...all, ...filter })).rows.map((use) => use.port);
      };
      expect(await ports({})).toEqual(["d", "c", "b", "a"]);
      expect(await ports({ of: "outside" })).toEqual(["d", "b"]);
      expect(await ports({ of: { run: "one", seq: 1 } })).toEqual(["d", "b", "a"]);
      expect(await ports({ after: 6 })).toEqual(["d", "c"]);
      expect(await store.readers("x", { of: "any", after: null, limit: 1 })).toEqual({
        rows: [{ run: "two", seq: 1, port: "d", at: 8 }],
        total: 4,
      });
    });

    it("gives results by where they are recorded, with what they read", async () => {
      const store = open();
      const epoch = await withRuns(store, "one");
      const event = completed(0, "f", 5, { inputs: { a: OUTSIDE } });
      await store.commit(batch(epoch, [update("one", 1, [event])]));
      const [row, none] = await store.resultsAt([
        { run: "one", seq: 1 },
        { run: "one", seq: 2 },
      ]);
      expect(row).toMatchObject({ path: "s0", fingerprint: "f", inputs: { a: OUTSIDE } });
      expect(none).toBeNull();
    });

    it("gives very many results in the order asked for", async () => {
      const store = open();
      const epoch = await withRuns(store, "one", "two");
      const events = Array.from({ length: 300 }, (_, at) => completed(0, `f${at}`, at));
      await store.commit(batch(epoch, [update("one", 1, events), update("two", 1, events)]));
      const asked = Array.from({ length: 700 }, (_, at) => ({
        run: at % 2 === 0 ? "two" : "one",
        seq: ((at * 7) % 310) + 1,
      }));
      const rows = await store.resultsAt(asked);
      expect(rows.map((row) => row && [row.run, row.seq, row.fingerprint])).toEqual(
        asked.map(({ run, seq }) => (seq > 300 ? null : [run, seq, `f${seq - 1}`])),
      );
      expect(await store.resultsAt([])).toEqual([]);
      expect(await store.fingerprintAt({ run: "two", seq: 3 })).toBe("f2");
      expect(await store.fingerprintAt({ run: "two", seq: 301 })).toBeNull();
    });

    it("knows which runs took over results of which, and which results", async () => {
      const store = open();
      const epoch = await withRuns(store, "one", "two", "three");
      await store.commit(batch(epoch, [update("one", 1, [completed(0, "f", 5)])]));
      await store.commit(batch(epoch, [update("two", 1, [reused(["one", 1])])]));
      const again = reused(["one", 1], ["two", 4]);
      await store.commit(batch(epoch, [update("three", 1, [again, again])]));
      expect(await store.reusersOf("one")).toEqual(["three", "two"]);
      expect(await store.reusersOf("three")).toEqual([]);
      expect(await store.reusedBy("three")).toEqual([
        { run: "one", seq: 1 },
        { run: "two", seq: 4 },
      ]);
      expect(await store.reusedBy("one")).toEqual([]);
    });

    it("finds data and models by their bytes, and ids by how they begin", async () => {
      const store = open();
      const epoch = await withRuns(store, "one");
      const asset = { definition: "{}", description: null, tags: {}, createdBy: "ann", run: null };
      for (const [kind, contentId, createdAt] of [
        ["model", "ax", 2],
        ["data", "ax", 3],
        ["environment", "ax", 1],
        ["data", "b", 4],
      ] as const)
        await store.createAsset({ ...asset, kind, name: "n", version: null, contentId, createdAt });
      const event = completed(0, "f", 5, { ...made({ o: record("ay") }), inputs: { a: OUTSIDE } });
      await store.commit(batch(epoch, [update("one", 1, [event])]));
      const found = await store.assetsWith("ax");
      expect(found.map(({ kind, version }) => `${kind}:${version}`)).toEqual(["model:1", "data:1"]);
      expect(await store.contentIds("a", 9)).toEqual(["ax", "ay"]);
      expect(await store.contentIds("a", 1)).toEqual(["ax"]);
      expect(await store.contentIds("x", 9)).toEqual(["x"]);
      expect(await store.contentIds("%", 9)).toEqual([]);
    });

    it("takes back what a power cut undid", async () => {
      const store = open();
      const epoch = await withRuns(store, "one", "two");
      await store.commit(batch(epoch, [update("two", 1, [reused(["one", 1])])]));
      const fleeting: RunEvent[] = [
        completed(0, "f", 5, { ...made({ o: record("y") }), inputs: { a: OUTSIDE } }),
      ];
      const taken = update("two", 2, [reused(["three", 1])]);
      await store.commit(batch(epoch, [update("one", 1, fleeting), taken], false));
      const nextBoot = { host: ME.host, process: { ...PROCESS, bootId: "later" } };
      await store.becomeEngine(nextBoot, 3000, () => false);
      expect((await store.makers("y", { before: null, limit: 9 })).total).toBe(0);
      expect((await store.readers("x", { of: "any", after: null, limit: 9 })).total).toBe(0);
      expect(await store.reusersOf("three")).toEqual([]);
      expect(await store.reusersOf("one")).toEqual(["two"]);
    });
  });
}
