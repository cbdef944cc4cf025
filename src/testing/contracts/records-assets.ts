// What every record store must do with assets, datastores and sealed secrets.

import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../core/event.ts";
import type { DatastoreRow, RecordStore } from "../../ports/records.ts";
import { asEngine, batch, completed, making, newRun, PROCESS, update } from "./recorded.ts";

export function assetsContract(name: string, open: () => RecordStore): void {
  describe(`records contract: ${name}, assets`, () => {
    it("never changes a version of an asset", async () => {
      const store = open();
      const asset = {
        kind: "data" as const,
        name: "iris",
        contentId: "c1",
        definition: "{}",
        description: null,
        tags: {},
        createdAt: 1,
        createdBy: "ann",
        run: null,
      };
      expect((await store.createAsset({ ...asset, version: "1" })).kind).toBe("created");
      expect((await store.createAsset({ ...asset, version: "1" })).kind).toBe("same");
      expect(await store.createAsset({ ...asset, version: "1", contentId: "c2" })).toMatchObject({
        kind: "conflict",
        nextVersion: "2",
      });
      expect(await store.createAsset({ ...asset, version: null, contentId: "c2" })).toMatchObject({
        kind: "created",
        asset: { version: "2" },
      });
      expect((await store.asset("data", "iris", null, null))?.version).toBe("2");
      expect((await store.assets("data", "iris")).map((row) => row.version)).toEqual(["2", "1"]);
    });

    it("forgets what a run registered of an output whose record a power cut has undone, and nothing else", async () => {
      const store = open();
      const epoch = await asEngine(store);
      for (const name of ["cut", "ended"]) await store.submit(newRun(name));
      const [kept, lost] = ["kept", "lost"].map((id, step) => completed(step, id, 9, making(id)));
      await store.commit(batch(epoch, [update("cut", 1, [kept as RunEvent])]));
      const ended: RunEvent = { kind: "run_ended", at: 9, status: "Completed", error: null };
      const end = { ...update("ended", 1, [ended]), status: "Completed", endedAt: 9 } as const;
      await store.commit(batch(epoch, [end]));
      await store.commit(batch(epoch, [update("cut", 2, [lost as RunEvent])], false));
      const register = (run: string, contentId: string, more: object = {}): Promise<unknown> =>
        store.createAsset({
          kind: "model",
          name: `${run}-${contentId}${"path" in more ? "-part" : ""}`,
          version: "1",
          contentId,
          definition: JSON.stringify({
            reference: { kind: "run_output", run, output: "o", ...more },
          }),
          description: null,
          tags: {},
          createdAt: 1,
          createdBy: "ann",
          run,
        });
      await register("cut", "kept");
      await register("cut", "lost");
      await register("cut", "part", { path: "model" });
      await register("ended", "else");
      const nextBoot = { host: "here", process: { ...PROCESS, bootId: "later" } };
      await store.becomeEngine(nextBoot, 3000, () => false);
      const names = (await store.assets("model", null)).map((row) => row.name).sort();
      expect(names).toEqual(["cut-kept", "cut-part-part", "ended-else"]);
    });

    it("lets a label move from version to version, and latest never", async () => {
      const store = open();
      const asset = {
        kind: "model" as const,
        name: "trees",
        definition: "{}",
        description: null,
        tags: {},
        createdAt: 1,
        createdBy: "ann",
        run: null,
      };
      await store.createAsset({ ...asset, version: "1", contentId: "c1" });
      await store.createAsset({ ...asset, version: "2", contentId: "c2" });
      const at = async (label: string) =>
        (await store.asset("model", "trees", null, label))?.version ?? null;
      const label = { kind: asset.kind, name: "trees", label: "prod", version: "1" };
      expect(await at("prod")).toBeNull();
      expect((await store.labelAsset(label, "ann", 2))?.contentId).toBe("c1");
      expect([await at("prod"), await at("latest")]).toEqual(["1", "2"]);
      await store.labelAsset({ ...label, version: "2" }, "ann", 3);
      expect(await at("prod")).toBe("2");
      expect(await store.labelAsset({ ...label, version: "9" }, "ann", 4)).toBeNull();
      expect(await store.labels("model", "trees")).toEqual([{ ...label, version: "2" }]);
      expect(await store.labels("data", "trees")).toEqual([]);
    });

    it("finds the newest version that is not archived, and an archived one by its version", async () => {
      const store = open();
      for (const version of ["1", "2"])
        await store.createAsset({ ...ASSET, version, contentId: `c${version}` });
      const changed = await store.changeAsset(
        { kind: "data", name: "iris", version: "2" },
        { archived: true, tags: { team: "bio" }, description: "old" },
      );
      expect(changed).toMatchObject({ archived: true, tags: { team: "bio" }, description: "old" });
      expect((await store.asset("data", "iris", null, null))?.version).toBe("1");
      expect(await store.asset("data", "iris", "2", null)).toEqual(changed);
      await store.changeAsset({ kind: "data", name: "iris", version: "2" }, { archived: false });
      expect(await store.asset("data", "iris", null, null)).toMatchObject({
        version: "2",
        tags: { team: "bio" },
      });
      expect(
        await store.changeAsset({ kind: "data", name: "iris", version: "9" }, { archived: true }),
      ).toBeNull();
    });

    it("keeps datastores by name, one of them the default", async () => {
      const store = open();
      await store.putDatastore({ ...LAKE, isDefault: true });
      await store.putDatastore({ ...LAKE, name: "attic", isDefault: true });
      expect((await store.datastores()).map((row) => [row.name, row.isDefault])).toEqual([
        ["attic", true],
        ["lake", false],
      ]);
      await store.putDatastore({ ...LAKE, description: "moved" });
      expect((await store.datastores())[1]).toEqual({ ...LAKE, description: "moved" });
      expect(await store.deleteDatastore("lake")).toBe(true);
      expect(await store.deleteDatastore("lake")).toBe(false);
    });

    it("keeps sealed secrets, and lists them without what they hold", async () => {
      const store = open();
      const secret = { name: "key", sealed: "xyz", createdAt: 1, createdBy: "ann" };
      await store.putSecret({ ...secret, sealed: "abc" });
      await store.putSecret(secret);
      expect(await store.secret("key")).toEqual(secret);
      expect(await store.secrets()).toEqual([{ name: "key", createdAt: 1, createdBy: "ann" }]);
      expect(await store.deleteSecret("key")).toBe(true);
      expect(await store.deleteSecret("key")).toBe(false);
      expect(await store.secret("key")).toBeNull();
    });
  });
}

const ASSET = {
  kind: "data" as const,
  name: "iris",
  definition: "{}",
  description: null,
  tags: {},
  createdAt: 1,
  createdBy: "ann",
  run: null,
};

const LAKE: DatastoreRow = {
  name: "lake",
  definition: { type: "file", path: "/data/lake" },
  description: null,
  tags: {},
  isDefault: false,
  createdAt: 1,
  createdBy: "ann",
};
