import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { ContentId, ManifestEntry } from "../core/content.ts";
import { folderId } from "./folder-id.ts";
import { readManifest, writeManifest } from "./manifest-store.ts";

it("writes a list again of which a power cut has left the length alone, and no other", () => {
  const store = mkdtempSync(join(tmpdir(), "stepwell-manifest-"));
  const file = `sha256:${"1".repeat(64)}` as ContentId;
  const entries: readonly ManifestEntry[] = [
    { type: "file", path: "a", size: 1, executable: false, id: file },
  ];
  const id = folderId(entries);
  const path = writeManifest(store, id, entries);
  const { ino } = statSync(path);
  writeManifest(store, id, entries);
  expect(statSync(path).ino).toBe(ino);
  writeFileSync(path, Buffer.alloc(readFileSync(path).length));
  expect(readManifest(store, id)).toBe(null);
  writeManifest(store, id, entries);
  expect(readManifest(store, id)?.entries).toEqual(entries);
  rmSync(store, { recursive: true });
});
