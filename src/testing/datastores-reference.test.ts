import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { openStorage } from "../datastores/open-storage.ts";
import type { StorageCapabilities } from "../ports/storage.ts";
import type { OpenableDatastore } from "../spec/datastore.ts";
import { loadDatastore } from "../spec/load-datastore.ts";
import { ROOT } from "./repository.ts";

// docs/reference/datastores.md says of each kind what the code says.

const TEXT = fs.readFileSync(path.join(ROOT, "docs/reference/datastores.md"), "utf8");
const none = { kind: "none" } as const;
const azure = { account: "a", container: "c", prefix: "", endpoint: null, credentials: none };
const bucket = { bucket: "b", prefix: "", endpoint: null, credentials: none };

/** One of each kind that holds files. */
const KINDS: readonly OpenableDatastore[] = [
  { type: "file", path: "/data" },
  { type: "s3", ...bucket, region: null, pathStyle: false },
  { type: "azure_blob", ...azure },
  { type: "azure_data_lake_gen2", ...azure },
  { type: "gcs", ...bucket },
  {
    type: "sftp",
    host: "h",
    port: 22,
    user: "u",
    path: "/data",
    hostKey: null,
    credentials: { kind: "password", password: "p" },
  },
  { type: "http", url: "https://h/x", credentials: none },
];

function size(bytes: number): string {
  const [big, small] = [bytes / 1024 ** 3, bytes / 1024 ** 2];
  if (Number.isInteger(big) && big > 0) return `${big.toLocaleString("en")} GiB`;
  return Number.isInteger(small) ? `${small.toLocaleString("en")} MiB` : `${bytes} B`;
}

function partsOf({ parts }: StorageCapabilities): string {
  if (parts === null) return "none";
  const { minBytes, maxBytes, maxCount } = parts;
  return `${size(minBytes)} to ${size(maxBytes)}, up to ${maxCount.toLocaleString("en")}`;
}

it.each(KINDS)("the page says what $type can do", async (definition) => {
  const storage = await openStorage(definition);
  const { capabilities } = storage;
  await storage.close();
  const row = TEXT.split("\n").find((line) => line.startsWith(`| \`${definition.type}\` | `));
  const [write, list, versions, , copy, parts] = (row ?? "").split(" | ").slice(1);
  const word = (yes: boolean): string => (yes ? "yes" : "no");
  expect([write, list, copy]).toEqual(
    [capabilities.canWrite, capabilities.canList, capabilities.copiesInPlace].map(word),
  );
  expect(versions === "yes").toBe(capabilities.hasVersions);
  expect(parts).toBe(partsOf(capabilities));
  expect(capabilities.ifAbsentIsAtomic).toBe(capabilities.canWrite);
});

it("every datastore on the page can be registered, and every kind has one", () => {
  const blocks = [...TEXT.matchAll(/```yaml\n([\s\S]*?)```/g)].flatMap(([, text = ""]) =>
    text.split("---\n"),
  );
  const types = blocks.map((text) => {
    const { datastore, problems } = loadDatastore(text, "datastore.yml", "/work");
    expect(problems, text).toEqual([]);
    return datastore?.definition.type ?? "none";
  });
  const kinds = [...KINDS.map(({ type }) => type), "postgres"];
  expect([...new Set(types)].sort()).toEqual(kinds.sort());
});
