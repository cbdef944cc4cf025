import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { openStorage } from "../../datastores/open-storage.ts";
import { createMemoryStore } from "../../records/memory.ts";
import { defaultWorkspaceConfig } from "../../spec/workspace-config.ts";
import { createFolderContents } from "../../storages/folder.ts";
import { isRefusal } from "../refusal.ts";
import { places, type Workspace } from "../workspace.ts";
import { createDataResolver, mapUrl } from "./resolve-data.ts";

// References of a plan: however many steps read one, its place is asked once.

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-resolve-"));
const contents = createFolderContents({
  workspaceFolder: folder,
  storeFolder: places.store(folder),
  sharedFolders: [],
  workers: 1,
  python: null,
});

afterAll(async () => {
  await contents.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

interface Asked {
  opened: number;
  datastores: number;
}

function workspaceWith(datastores: object): {
  readonly workspace: Workspace;
  readonly asked: Asked;
} {
  const asked: Asked = { opened: 0, datastores: 0 };
  const records = createMemoryStore();
  const workspace = {
    folder,
    config: { ...defaultWorkspaceConfig(folder), datastores },
    records: {
      ...records,
      datastores: () => {
        asked.datastores += 1;
        return records.datastores();
      },
    },
    contents,
    clock: { now: () => 0, monotonic: () => 0 },
    shell: {},
    openStorage: (datastore: Parameters<typeof openStorage>[0]) => {
      asked.opened += 1;
      return openStorage(datastore);
    },
  } as unknown as Workspace;
  return { workspace, asked };
}

it("asks a place once for a plan, and once more for whoever reads it there himself", async () => {
  const { workspace, asked } = workspaceWith({
    web: { type: "http", url: "http://127.0.0.1:1", credentials: { kind: "none" } },
  });
  const { resolve } = createDataResolver(workspace);
  const far = { kind: "datastore", datastore: "web", path: "x.csv" } as const;
  const answers = await Promise.all([
    resolve(far, "uri_file"),
    resolve({ ...far }, "uri_file", "ro_mount"),
    resolve({ ...far }, "uri_file", "download"),
  ]);
  expect(answers.every(isRefusal)).toBe(true);
  expect(asked.opened).toBe(1);
  await resolve(far, "uri_file", "direct");
  expect(asked.opened).toBe(2);
});

it("asks the record for datastores once, however many paths of however many of them a plan reads", async () => {
  fs.writeFileSync(path.join(folder, "x.csv"), "x");
  const lake = { type: "file", path: folder };
  const { workspace, asked } = workspaceWith({ lake, pond: lake });
  const { resolve } = createDataResolver(workspace);
  for (const datastore of ["lake", "pond", "puddle"])
    for (const inside of ["x.csv", "gone", "../out", "also/gone"])
      await resolve({ kind: "datastore", datastore, path: inside }, "uri_file");
  expect(asked.datastores).toBe(1);
});

it("says of what a datastore lacks in which line its place is written", async () => {
  const { workspace } = workspaceWith({ lake: { type: "file", path: folder } });
  const far = { kind: "datastore", datastore: "lake", path: "gone" } as const;
  const found = await createDataResolver(workspace).resolve(far, "uri_folder");
  expect(found).toMatchObject({ code: "missing_path" });
  expect(isRefusal(found) && found.hint).toContain("datastores: {lake: {type: file, path:");
});

it("says of a pattern in a datastore what to write", async () => {
  const { workspace } = workspaceWith({ lake: { type: "file", path: folder } });
  const far = { kind: "datastore", datastore: "lake", path: "images/**" } as const;
  const found = await createDataResolver(workspace).resolve(far, "uri_folder");
  expect(isRefusal(found) && found.hint).toContain("write `images`.");
});

it.each([
  ["./copy", "wasbs://c@a.example/", "copy/x/y.csv"],
  ["https://mirror.example/c/", "wasbs://c@a.example/", "https://mirror.example/c/x/y.csv"],
  ["https://mirror.example/c", "wasbs://c@a.example", "https://mirror.example/c/x/y.csv"],
  ["s3://bucket", "wasbs://c@a.example/x/", "s3://bucket/y.csv"],
])("maps a prefix to %s", (target, prefix, mapped) => {
  expect(mapUrl({ [prefix]: target }, "wasbs://c@a.example/x/y.csv")).toBe(mapped);
});

it.each([
  ["data/y.csv?sig=abc", "/kept/y.csv"],
  ["data?raw=1", "/kept"],
  ["data/my%20file.csv#top", "/kept/my file.csv"],
  ["data/100%.csv", "/kept/100%.csv"],
  ["data/x%00.csv", "/kept/x%00.csv"],
])("the address %s in the url_map leads to a file by its name, without a query", (rest, mapped) => {
  expect(mapUrl({ "https://a.example/data": "/kept" }, `https://a.example/${rest}`)).toBe(mapped);
});

it("a query stays behind the address that stands for another", () => {
  const map = { "https://a.example/y.csv": "https://b.example/z.csv" };
  expect(mapUrl(map, "https://a.example/y.csv?raw=1")).toBe("https://b.example/z.csv?raw=1");
});

it("an address that only begins with the letters of one in the url_map is another one", () => {
  const map = { "https://a.example/data": "/kept" };
  expect(mapUrl(map, "https://a.example/data2/y.csv")).toBe(null);
  expect(mapUrl(map, "https://a.example/data/y.csv")).toBe("/kept/y.csv");
  expect(mapUrl(map, "https://a.example/data")).toBe("/kept");
});
