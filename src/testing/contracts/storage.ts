// What every storage must do, as tests by theme, each against a real server. A backend says how a place for it is made;
// what it cannot do is read from its capabilities, and then its refusal is tested instead.

import { describe, it } from "vitest";
import type { StorageBackend } from "./storage-backend.ts";
import { storageFailures } from "./storage-failures.ts";
import { storageNames } from "./storage-names.ts";
import { storageReading } from "./storage-reading.ts";
import { storageTogether } from "./storage-together.ts";
import { storageUploads } from "./storage-uploads.ts";
import { storageWriting } from "./storage-writing.ts";

/** `missing`: why the machine cannot start its server; the reporter names it as skipped. */
export function storageContract(backend: StorageBackend | { readonly missing: string }): void {
  if ("missing" in backend) {
    it.skip(`the storage contract holds for a server that is not there: ${backend.missing}`, () => {});
    return;
  }
  describe(`the storage contract on ${backend.name}`, () => {
    describe("reading", () => storageReading(backend));
    describe("names and lists", () => storageNames(backend));
    describe("failures", () => storageFailures(backend));
    if (!backend.canWrite) return;
    describe("writing", () => storageWriting(backend));
    describe("uploads in pieces", () => storageUploads(backend));
    if (backend.takesSeveral) describe("several files in one call", () => storageTogether(backend));
  });
}
