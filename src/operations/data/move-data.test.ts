import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { StorageError } from "../../ports/storage.ts";
import { defaultWorkspaceConfig } from "../../spec/workspace-config.ts";
import { fakePorts, source, target } from "../../testing/transfer-bench.ts";
import { moveData } from "./move-data.ts";

it("says what is asked again and again, now and then, and nothing of what soon goes well", async () => {
  let failures = 0;
  let now = 0;
  const from = source({
    reading: () => {
      failures += 1;
      now += 2_000;
      if (failures < 8) throw new StorageError("unreachable", `cut ${failures}. Try again`);
    },
  });
  from.put("a.csv", Buffer.from("a,b\n"));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-move-"));
  const said: string[] = [];
  const moved = await moveData(
    { clock: { now: () => now, monotonic: () => now }, config: defaultWorkspaceConfig(folder) },
    {
      from: { storage: from, path: "" },
      to: { storage: target(), path: "" },
      kind: "folder",
      mode: "merge_with_overwrite",
      journalFolder: folder,
      ports: fakePorts(),
    },
    (line) => said.push(line),
  );
  fs.rmSync(folder, { recursive: true });
  expect(moved).toMatchObject({ files: 1 });
  expect(said.filter((line) => line.startsWith("asking"))).toEqual([
    "asking again, 4 of 9 tries have failed: cut 4",
    "asking again, 7 of 9 tries have failed: cut 7",
  ]);
});
