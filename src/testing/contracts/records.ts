// What every record store must do, as tests. Each backend calls this with a way to make an empty store.

import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../core/event.ts";
import { MOST_RESULTS, type RecordStore, type RunRow } from "../../ports/records.ts";
import {
  asEngine,
  batch,
  completed,
  created,
  LOST,
  ME,
  newRun,
  PROCESS,
  update,
} from "./recorded.ts";
import { assetsContract } from "./records-assets.ts";
import { importedContract } from "./records-imported.ts";
import { keepingContract } from "./records-keeping.ts";
import { lineageContract } from "./records-lineage.ts";

export function recordsContract(name: string, open: () => RecordStore): void {
  describe(`records: ${name}`, () => {
    it("lets one process be the engine, and another when that one is dead or silent", async () => {
      const store = open();
      const first = await asEngine(store);
      const other = { host: "here", process: { ...PROCESS, pid: 2 } };
      expect((await store.becomeEngine(other, 2000, () => true)).kind).toBe("held");
      expect(await store.becomeEngine(other, 2000, () => false)).toEqual({
        kind: "engine",
        epoch: first + 1,
        inherits: false,
      });
      expect((await store.becomeEngine(ME, 1_000_000, () => true)).kind).toBe("engine");
    });

    it("does not wait for a silent engine until a clock that was set back is where it was", async () => {
      const store = open();
      const silent = { host: "here", process: { ...PROCESS, pid: 2 } };
      await store.becomeEngine(silent, 10_000_000, () => true);
      expect((await store.becomeEngine(ME, 9_999_000, () => true)).kind).toBe("held");
      expect((await store.becomeEngine(ME, 1_000_000, () => true)).kind).toBe("engine");
    });

    it("goes on above an epoch that it does not know of", async () => {
      const store = open();
      const known = await asEngine(store);
      const above = await store.becomeEngine(ME, 1000, () => false, known + 7);
      expect(above).toMatchObject({ kind: "engine", epoch: known + 8 });
      const next = await store.becomeEngine(ME, 1000, () => false, known);
      expect(next).toMatchObject({ kind: "engine", epoch: known + 9 });
    });

    it("refuses the commit of an engine that was taken over, whole", async () => {
      const store = open();
      const old = await asEngine(store);
      await store.submit(newRun("one"));
      await store.becomeEngine(ME, 1000, () => false);
      const events: RunEvent[] = [{ kind: "run_started", at: 1 }];
      expect(await store.commit(batch(old, [update("one", 1, events)]))).toBe("fenced");
      expect(await store.events("one", 0)).toEqual([]);
    });

    it("takes back what need not have lasted once the machine has started anew, and nothing else", async () => {
      const store = open();
      const epoch = await asEngine(store);
      await store.submit(newRun("one"));
      await store.submit(newRun("two"));
      const begun: RunEvent[] = [{ kind: "run_started", at: 7 }, created(0, "f")];
      await store.commit(batch(epoch, [update("one", 1, begun)]));
      const fleeting: RunEvent[] = [completed(0, "f", 9), created(1, "g")];
      await store.commit(batch(epoch, [update("one", 3, fleeting)], false));
      await store.commit(batch(epoch, [update("two", 1, [created(0, "h")])], false));
      const sameBoot = { host: "here", process: { ...PROCESS, pid: 3 } };
      await store.becomeEngine(sameBoot, 2000, () => false);
      expect(await store.events("one", 0)).toHaveLength(4);
      expect(await store.openAttempts("one")).toMatchObject([{ fingerprint: "g" }]);
      const nextBoot = { host: "here", process: { ...PROCESS, bootId: "later" } };
      const again = await store.becomeEngine(nextBoot, 3000, () => false);
      expect(await store.events("one", 0)).toEqual(begun);
      expect(await store.openAttempts("one")).toMatchObject([{ fingerprint: "f" }]);
      expect(await store.events("two", 0)).toEqual([]);
      expect(await store.results("f")).toEqual([]);
      const [one, two] = [await store.run("one"), await store.run("two")];
      expect([one?.status, one?.startedAt, one?.counts.ran]).toEqual(["Running", 7, 0]);
      expect(two?.status).toBe("Queued");
      // The attempt of `f` has no end any more, those of `g` and `h` never were.
      const next = again.kind === "engine" ? again.epoch : -1;
      const rest: RunEvent[] = [completed(0, "f", 20), created(1, "g")];
      expect(await store.commit(batch(next, [update("one", 3, rest)]))).toBe("done");
      expect(await store.commit(batch(next, [update("two", 1, [created(0, "h")])]))).toBe("done");
      expect(await store.results("f")).toHaveLength(1);
    });

    it("lets a lasting commit keep the fleeting ones before it, of every run", async () => {
      const store = open();
      const epoch = await asEngine(store);
      await store.submit(newRun("one"));
      await store.submit(newRun("two"));
      await store.commit(batch(epoch, [update("one", 1, [completed(0, "f", 9)])], false));
      await store.commit(batch(epoch, [update("two", 1, [completed(0, "g", 9)])]));
      const nextBoot = { host: "here", process: { ...PROCESS, bootId: "later" } };
      await store.becomeEngine(nextBoot, 3000, () => false);
      expect((await store.newestUsable(["f", "g"])).size).toBe(2);
    });

    it("gives the same run for the same idempotency key, and refuses a taken name", async () => {
      const store = open();
      expect(await store.submit(newRun("one", { idempotencyKey: "k" }))).toEqual({
        kind: "created",
      });
      expect((await store.submit(newRun("two", { idempotencyKey: "k" }))).kind).toBe("repeated");
      expect((await store.submit(newRun("one"))).kind).toBe("name_taken");
      expect(await store.run("two")).toBe(null);
    });

    it("tells of the claim to a name only whoever gets it, before anybody can see the run", async () => {
      const store = open();
      const claims: string[] = [];
      await store.submit(newRun("one", { idempotencyKey: "k" }), () => claims.push("one"));
      await store.submit(newRun("one"), () => claims.push("taken"));
      await store.submit(newRun("two", { idempotencyKey: "k" }), () => claims.push("repeated"));
      expect(claims).toEqual(["one"]);
    });

    it("has no run whose claim could not be followed up", async () => {
      const store = open();
      const claim = store.submit(newRun("one"), () => {
        throw new Error("no room for the variables");
      });
      await expect(claim).rejects.toThrow("no room for the variables");
      expect(await store.run("one")).toBe(null);
      expect((await store.submit(newRun("one"))).kind).toBe("created");
    });

    it("gives events back in order, from any number on", async () => {
      const store = open();
      const epoch = await asEngine(store);
      await store.submit(newRun("one"));
      const events: RunEvent[] = [{ kind: "run_started", at: 1 }, completed(0, "f", 2)];
      await store.commit(batch(epoch, [update("one", 1, events)]));
      expect(await store.events("one", 0)).toEqual(events);
      expect(await store.events("one", 1)).toEqual(events.slice(1));
    });

    it("refuses two events of one number", async () => {
      const store = open();
      const epoch = await asEngine(store);
      await store.submit(newRun("one"));
      const events: RunEvent[] = [{ kind: "run_started", at: 1 }];
      await store.commit(batch(epoch, [update("one", 1, events)]));
      await expect(store.commit(batch(epoch, [update("one", 1, events)]))).rejects.toThrow();
    });

    it("refuses one fingerprint in flight twice, but lets unshared attempts run beside each other", async () => {
      const store = open();
      const epoch = await asEngine(store);
      await store.submit(newRun("one"));
      await store.submit(newRun("two"));
      await store.commit(batch(epoch, [update("one", 1, [created(0, "f")])]));
      const again = batch(epoch, [update("two", 1, [created(0, "f")])]);
      await expect(store.commit(again)).rejects.toThrow();
      const beside = batch(epoch, [update("two", 1, [created(0, "f", false)])]);
      expect(await store.commit(beside)).toBe("done");
    });

    it("lets a fingerprint go when its attempt has ended badly, also where the step is skipped then", async () => {
      const store = open();
      const epoch = await asEngine(store);
      await store.submit(newRun("one"));
      await store.submit(newRun("two"));
      await store.commit(batch(epoch, [update("one", 1, [created(0, "f")])]));
      const skipped: readonly RunEvent[] = [
        { kind: "attempt_ended", at: 2, step: 0, end: LOST, retryAt: null },
        { kind: "steps_skipped", at: 2, steps: [0] },
      ];
      await store.commit(batch(epoch, [update("one", 2, skipped)]));
      expect(await store.commit(batch(epoch, [update("two", 1, [created(0, "f")])]))).toBe("done");
    });

    it("keeps a fingerprint in flight while the outputs of its attempt are being taken", async () => {
      const store = open();
      const epoch = await asEngine(store);
      await store.submit(newRun("one"));
      await store.submit(newRun("two"));
      const end = { ...LOST, exitCode: 0, reason: "exited" } as const;
      const events: readonly RunEvent[] = [
        created(0, "f"),
        { kind: "attempt_ended", at: 2, step: 0, end, retryAt: null },
      ];
      await store.commit(batch(epoch, [update("one", 1, events)]));
      const again = batch(epoch, [update("two", 1, [created(0, "f")])]);
      await expect(store.commit(again)).rejects.toThrow();
    });

    it("passes an attempt from one run to another in one commit, whatever their order", async () => {
      const store = open();
      const epoch = await asEngine(store);
      await store.submit(newRun("one"));
      await store.submit(newRun("two"));
      await store.commit(batch(epoch, [update("one", 1, [created(0, "f")])]));
      const heir = update("two", 1, [created(0, "f")]);
      const owner = update("one", 2, [{ kind: "steps_canceled", at: 2, steps: [0] }]);
      expect(await store.commit(batch(epoch, [heir, owner]))).toBe("done");
    });

    it("gives only the newest of the many results of a step that was forced to run", async () => {
      const store = open();
      const epoch = await asEngine(store);
      await store.submit(newRun("one"));
      const events = Array.from({ length: MOST_RESULTS + 2 }, (_, at) => completed(0, "f", at));
      await store.commit(batch(epoch, [update("one", 1, events)]));
      const found = await store.results("f");
      expect(found).toHaveLength(MOST_RESULTS);
      expect(found[0]).toMatchObject({ seq: MOST_RESULTS + 2 });
      expect((await store.newestUsable(["f"])).get("f")).toMatchObject({ seq: MOST_RESULTS + 2 });
    });

    it("finds results by fingerprint, newest first, and never a damaged one", async () => {
      const store = open();
      const epoch = await asEngine(store);
      await store.submit(newRun("one"));
      const events = [completed(0, "f", 10), completed(1, "f", 20)];
      await store.commit(batch(epoch, [update("one", 1, events)]));
      const seqs = async (): Promise<readonly number[]> =>
        (await store.results("f")).map((row) => row.seq);
      const newest = async (): Promise<readonly unknown[]> => {
        const found = await store.newestUsable(["unknown", "f", "g"]);
        expect([...found.values()]).toEqual((await store.results("f")).slice(0, 1));
        expect(await store.newestUsable(["f"])).toEqual(found);
        return [...found].map(([fingerprint, row]) => [fingerprint, row.seq]);
      };
      expect(await seqs()).toEqual([2, 1]);
      expect(await newest()).toEqual([["f", 2]]);
      await store.commit({ ...batch(epoch, []), damaged: [{ run: "one", seq: 2 }] });
      expect(await seqs()).toEqual([1]);
      expect(await newest()).toEqual([["f", 1]]);
      expect(await store.resultState("f")).toBe("whole");
      await store.commit({ ...batch(epoch, []), damaged: [{ run: "one", seq: 1 }] });
      expect(await newest()).toEqual([]);
      expect(await store.resultState("f")).toBe("damaged");
      expect(await store.resultState("unknown")).toBe("none");
      expect((await store.resultsOf("one")).map((row) => row.path)).toEqual(["s0", "s1"]);
      expect((await store.resultsAt([{ run: "one", seq: 1 }]))[0]?.result.metrics).toEqual({
        auc: 1,
      });
    });

    it("never offers an invalidated result again, and keeps the first reason", async () => {
      const store = open();
      const epoch = await asEngine(store);
      await store.submit(newRun("one"));
      await store.commit(batch(epoch, [update("one", 1, [completed(0, "f", 5)])]));
      expect(await store.newestResult("f")).toMatchObject({ row: { seq: 1 }, invalidated: null });
      expect(await store.newestResult("unknown")).toBeNull();
      const mark = { at: 7, by: "ann", reason: "wrong labels" };
      await store.invalidate([{ run: "one", seq: 1 }], mark);
      await store.invalidate([{ run: "one", seq: 1 }], { ...mark, reason: "another" });
      expect(await store.results("f")).toEqual([]);
      expect((await store.newestUsable(["f", "g"])).size).toBe(0);
      expect(await store.fingerprintsWithStaticId("static f")).toEqual([]);
      expect(await store.resultState("f")).toBe("damaged");
      expect((await store.newestResult("f"))?.invalidated).toEqual(mark);
      expect(await store.invalidations([{ run: "one", seq: 1 }])).toEqual([mark]);
      await store.commit(batch(epoch, [update("one", 2, [completed(0, "f", 6)])]));
      expect((await store.newestResult("f"))?.invalidated).toBeNull();
      expect((await store.results("f")).map((row) => row.seq)).toEqual([2]);
    });

    it("lists the documents whose ids begin with a word", async () => {
      const store = open();
      await store.putDocuments(["a/one", "a0", "b/two", "a"].map((id) => ({ id, body: "" })));
      expect(await store.documentIds("a/")).toEqual(["one"]);
    });

    it("finds results by the ids that their fingerprints are made of", async () => {
      const store = open();
      const epoch = await asEngine(store);
      await store.submit(newRun("one"));
      const moment = (environment: string, code: string | null, input: string) => ({
        environment,
        code,
        passEnv: [],
        contents: { data: [input, null] },
      });
      const image = (fingerprint: string, moment: object) => ({
        fingerprint,
        preImage: { node: {}, moment } as never,
      });
      await store.commit({
        ...batch(epoch, [update("one", 1, [completed(0, "f1", 5), completed(1, "f2", 6)])]),
        preImages: [
          image("f1", moment("env-a", "code-a", "x")),
          image("f2", moment("env-b", null, "y")),
        ],
      });
      const paths = async (part: Parameters<RecordStore["resultsWith"]>[0]) =>
        (await store.resultsWith(part)).map((row) => row.path);
      expect(await paths({ kind: "environment", id: "env-" })).toEqual(["s0", "s1"]);
      expect(await paths({ kind: "environment", id: "env-b" })).toEqual(["s1"]);
      expect(await paths({ kind: "code", id: "code" })).toEqual(["s0"]);
      expect(await paths({ kind: "fingerprint", id: "f2" })).toEqual(["s1"]);
      expect(await paths({ kind: "contents", ids: ["y", "z"] })).toEqual(["s1"]);
      expect(await paths({ kind: "contents", ids: [] })).toEqual([]);
    });

    it("lists runs newest first, filtered, page by page", async () => {
      const store = open();
      for (const [index, name] of ["a", "b", "c"].entries())
        await store.submit(
          newRun(name, { createdAt: index, tags: { team: name === "b" ? "x" : "y" } }),
        );
      const names = async (
        filter: Parameters<RecordStore["runs"]>[0],
      ): Promise<readonly string[]> => (await store.runs(filter)).map((run) => run.name);
      expect(await names({ limit: 2 })).toEqual(["c", "b"]);
      expect(await names({ limit: 2, before: { order: 1, name: "b" } })).toEqual(["a"]);
      expect(await names({ limit: 9, tags: [["team", "x"]] })).toEqual(["b"]);
      expect(await names({ limit: 9, tags: [["team", null]] })).toEqual(["c", "b", "a"]);
      expect(await names({ limit: 9, tags: [["tea", null]] })).toEqual([]);
      const both = [["team", "x"] as const, ["team", "y"] as const];
      expect(await names({ limit: 9, tags: both })).toEqual([]);
      expect(await names({ limit: 9, pipeline: "other" })).toEqual([]);
      expect(await names({ limit: 9, namePrefix: "b" })).toEqual(["b"]);
      expect(await names({ limit: 9, namePrefix: "%" })).toEqual([]);
      expect((await store.openRuns()).map((run) => run.name)).toEqual(["a", "b", "c"]);
      const end = {
        ...update("b", 1, [{ kind: "run_ended", at: 9, status: "Completed", error: null }]),
        endedAt: 9,
      };
      await store.commit(batch(await asEngine(store), [{ ...end, status: "Completed" }]));
      expect(await names({ limit: 9, endedSince: 9 })).toEqual(["b"]);
      expect(await names({ limit: 9, endedSince: 10 })).toEqual([]);
    });

    it("lists runs in the order of their making, also where the clock was set back", async () => {
      const store = open();
      for (const [name, createdAt] of [
        ["a", 10],
        ["ahead", 9000],
        ["b", 20],
        ["c", 30],
      ] as const)
        await store.submit(newRun(name, { createdAt }));
      const rows = await store.runs({ limit: 9 });
      expect(rows.map((run) => run.name)).toEqual(["c", "b", "ahead", "a"]);
      expect(rows.map((run) => run.createdAt)).toEqual([30, 20, 9000, 10]);
      expect(await store.run("b")).toMatchObject({ origin: newRun("b").origin });
      const before = rows[1] as RunRow;
      expect((await store.runs({ limit: 9, before })).map((run) => run.name)).toEqual([
        "ahead",
        "a",
      ]);
      expect((await store.openRuns()).map((run) => run.name)).toEqual(["a", "ahead", "b", "c"]);
    });

    it("offers the result that was made last, also where the clock was set back", async () => {
      const store = open();
      const epoch = await asEngine(store);
      for (const [name, at] of [
        ["ahead", 9000],
        ["now", 20],
      ] as const) {
        await store.submit(newRun(name));
        await store.commit(batch(epoch, [update(name, 1, [completed(0, "f", at)])]));
      }
      expect((await store.results("f")).map((row) => row.run)).toEqual(["now", "ahead"]);
      expect((await store.newestUsable(["f", "g"])).get("f")).toMatchObject({
        run: "now",
        finishedAt: 20,
      });
      expect((await store.newestResult("f"))?.row.run).toBe("now");
    });

    it("keeps requests until a commit has handled them", async () => {
      const store = open();
      const epoch = await asEngine(store);
      await store.submit(newRun("one"));
      await store.request("one", "cancel", "ann", 1);
      const [request] = await store.requests();
      expect(request).toMatchObject({ run: "one", kind: "cancel", by: "ann" });
      await store.commit({ ...batch(epoch, []), handledRequests: [request?.id ?? 0] });
      expect(await store.requests()).toEqual([]);
    });

    it("tells the engine of this very process what it was asked for", async () => {
      const store = open();
      const before = store.changes();
      await store.request("one", "cancel", "ann", 1);
      const after = store.changes();
      expect(after).not.toBe(before);
      expect(store.changes()).toBe(after);
    });
  });

  assetsContract(name, open);
  lineageContract(name, open);
  keepingContract(name, open);
  importedContract(name, open);
}
