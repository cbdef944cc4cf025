// The theme "failures" of the storage contract: wrong credentials, places that are not there or go away, servers that do
// not answer; and that no secret is ever printed with them.

import { inspect } from "node:util";
import { expect, it } from "vitest";
import type { Storage, StorageError } from "../../ports/storage.ts";
import type { OpenableDatastore } from "../../spec/datastore.ts";
import {
  failing,
  opened,
  openPlace,
  pathsBelow,
  readAll,
  type StorageBackend,
  writeText,
} from "./storage-backend.ts";

/** Every way to ask for something, so that no way of failing is forgotten. */
function requests(storage: Storage): readonly (() => Promise<unknown>)[] {
  const { canList, canWrite, parts } = storage.capabilities;
  return [
    () => storage.stat("some/file"),
    () => readAll(storage, "some/file"),
    ...(canList ? [() => pathsBelow(storage, "some")] : []),
    ...(canWrite ? [() => writeText(storage, "some/file", "x".repeat(100_000))] : []),
    ...(canWrite ? [() => storage.delete("some/file")] : []),
    ...(parts === null
      ? []
      : [
          () =>
            storage
              .startUpload("some/file", { sizeBytes: 1, sha256: null, partBytes: 1 })
              .then((upload) => storage.uploadPart(upload, 1, Buffer.from("x"))),
        ]),
  ];
}

function secretsOf(definition: OpenableDatastore): readonly string[] {
  if (!("credentials" in definition)) return [];
  const { kind: _, ...held } = definition.credentials;
  const known = new Set(["user", "tenantId", "clientId", "accessKeyId"]);
  return Object.entries(held).flatMap(([name, value]) =>
    typeof value === "string" && value !== "" && !known.has(name) ? [value] : [],
  );
}

function holdsNoSecret(error: StorageError, definition: OpenableDatastore): void {
  const printed = [
    error.message,
    error.stack,
    inspect(error, { depth: 12, showHidden: true }),
    JSON.stringify(error, Object.getOwnPropertyNames(error)),
  ].join("\n");
  for (const secret of secretsOf(definition)) {
    expect(printed).not.toContain(secret);
    expect(printed).not.toContain(encodeURIComponent(secret));
    expect(printed).not.toContain(Buffer.from(secret).toString("base64"));
  }
}

export function storageFailures(backend: StorageBackend): void {
  it("says that credentials are refused, names the place, and prints no secret", async () => {
    const { place } = await openPlace(backend);
    for (const [what, definition] of Object.entries(place.refused)) {
      const storage = await opened(definition);
      for (const request of requests(storage)) {
        const error = await failing(request(), "denied");
        expect(error.message, what).toContain(storage.address);
        expect(error.mayPass, what).toBe(false);
        holdsNoSecret(error, definition);
      }
    }
  });

  it("says that there is no such place", async () => {
    const { place } = await openPlace(backend);
    if (place.noSuchPlace === null) return;
    const storage = await opened(place.noSuchPlace);
    for (const request of requests(storage)) {
      const error = await failing(request(), "no_such_place");
      expect(error.message).toContain(storage.address);
      holdsNoSecret(error, place.noSuchPlace);
    }
  });

  it("says that a server does not answer, and that another try may help", async () => {
    const { place } = await openPlace(backend);
    if (place.unreachable === null) return;
    const storage = await opened(place.unreachable);
    for (const request of requests(storage)) {
      const error = await failing(request(), "unreachable");
      expect(error.message).toContain(storage.address);
      expect(error.mayPass).toBe(true);
      holdsNoSecret(error, place.unreachable);
    }
  });

  it("says that the place has gone away", async () => {
    const { storage, place, put } = await openPlace(backend);
    if (place.disappear === null) return;
    await put("some/file", "x");
    await place.disappear();
    for (const request of requests(storage)) await failing(request(), "no_such_place");
  });
}
