import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { openStorage } from "../datastores/open-storage.ts";
import { createMemoryStore } from "../records/memory.ts";
import { defaultWorkspaceConfig } from "../spec/workspace-config.ts";
import { createFolderContents } from "../storages/folder.ts";
import { isRefusal } from "./refusal.ts";
import { createDataResolver } from "./resolve-data.ts";
import { places, type Workspace } from "./workspace.ts";

// References of a plan: however many steps read one, its place is asked once.

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-resolve-"));
const contents = createFolderContents({
  workspaceFolder: folder,
  storeFolder: places.store(folder),
  workers: 1,
  python: null,
});

afterAll(async () => {
  await contents.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

it("asks a place once for a plan, and once more for whoever reads it there himself", async () => {
  let opened = 0;
  const workspace = {
    folder,
    config: {
      ...defaultWorkspaceConfig(folder),
      datastores: {
        web: { type: "http", url: "http://127.0.0.1:1", credentials: { kind: "none" } },
      },
    },
    records: createMemoryStore(),
    contents,
    clock: { now: () => 0, monotonic: () => 0 },
    shell: {},
    openStorage: (datastore: Parameters<typeof openStorage>[0]) => {
      opened += 1;
      return openStorage(datastore);
    },
  } as unknown as Workspace;
  const { resolve } = createDataResolver(workspace);
  const far = { kind: "datastore", datastore: "web", path: "x.csv" } as const;
  const answers = await Promise.all([
    resolve(far, "uri_file"),
    resolve({ ...far }, "uri_file", "ro_mount"),
    resolve({ ...far }, "uri_file", "download"),
  ]);
  expect(answers.every(isRefusal)).toBe(true);
  expect(opened).toBe(1);
  await resolve(far, "uri_file", "direct");
  expect(opened).toBe(2);
});
