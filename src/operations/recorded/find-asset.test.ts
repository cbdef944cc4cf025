import { expect, it } from "vitest";
import { createMemoryStore } from "../../records/memory.ts";
import type { Refusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { findAsset } from "./find-asset.ts";

it("names the newest versions and a dozen labels of what has many", async () => {
  const records = createMemoryStore();
  for (let at = 1; at <= 20; at += 1) {
    const label = `l${String(at).padStart(2, "0")}`;
    await records.createAsset({
      kind: "data",
      name: "iris",
      version: null,
      contentId: `sha256:${at}`,
      definition: "{}",
      description: null,
      tags: {},
      createdAt: at,
      createdBy: "ann",
      run: null,
    });
    await records.labelAsset({ kind: "data", name: "iris", label, version: `${at}` }, "ann", at);
  }
  const found = (await findAsset({ records } as Workspace, "data", "iris@best")) as Refusal;
  expect(found.message).toBe("there is no data iris@best in this workspace");
  expect(found.hint).toMatch(
    /^there is iris:20, .*iris:9; labels l01 \(1\), .*l12 \(12\) and 8 more$/,
  );
});
