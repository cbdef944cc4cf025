// The theme "uploads in pieces" of the storage contract: parts in any order, going on after a crash, giving up.

import { expect, it } from "vitest";
import type { PendingUpload, Storage, UploadedPart } from "../../ports/storage.ts";
import {
  bytesIn,
  failing,
  idOf,
  manyBytes,
  opened,
  openPlace,
  pathsBelow,
  type StorageBackend,
  statLike,
  textAt,
  writeText,
} from "./storage-backend.ts";

interface Plan {
  readonly body: Uint8Array;
  readonly partBytes: number;
}

/** Two whole parts and a shorter one, as small as the storage allows. */
function planFor(storage: Storage): Plan {
  const partBytes = Math.max(storage.capabilities.parts?.minBytes ?? 1, 100_000);
  return { body: manyBytes(2 * partBytes + 4321), partBytes };
}

function start(storage: Storage, path: string, { body, partBytes }: Plan): Promise<PendingUpload> {
  return storage.startUpload(path, { sizeBytes: body.byteLength, sha256: idOf(body), partBytes });
}

function send(
  storage: Storage,
  upload: PendingUpload,
  { body, partBytes }: Plan,
  number: number,
): Promise<UploadedPart> {
  const part = body.subarray((number - 1) * partBytes, number * partBytes);
  return storage.uploadPart(upload, number, part);
}

/** As it comes back from a file. */
function remembered<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** In order where the storage takes parts only so. */
async function sendAll(storage: Storage, upload: PendingUpload, plan: Plan) {
  const parts: UploadedPart[] = [];
  for (const number of [1, 2, 3]) parts.push(await send(storage, upload, plan, number));
  return parts;
}

export function storageUploads(backend: StorageBackend): void {
  it("refuses uploads in pieces where it has none", async () => {
    const { storage } = await openPlace(backend);
    if (storage.capabilities.parts !== null) return;
    const options = { sizeBytes: 10, sha256: null, partBytes: 5 };
    await failing(storage.startUpload("file", options), "unsupported");
  });

  it("shows a file whole once its upload is finished, and nothing before", async () => {
    const { storage } = await openPlace(backend);
    if (storage.capabilities.parts === null) return;
    const plan = planFor(storage);
    const upload = await start(storage, "deep/file", plan);
    const parts = await sendAll(storage, upload, plan);
    expect(await storage.stat("deep/file")).toBeNull();
    expect(await pathsBelow(storage, "")).toEqual([]);
    const file = await storage.finishUpload(upload, parts);
    expect(file).toMatchObject({ path: "deep/file", sizeBytes: plan.body.byteLength });
    expect(file).toEqual(await statLike(storage, file));
    expect((await bytesIn(await storage.read("deep/file"))).equals(plan.body)).toBe(true);
    expect([idOf(plan.body), null]).toContain(file.sha256);
  });

  it("takes parts at the same time", async () => {
    const { storage } = await openPlace(backend);
    if (storage.capabilities.parts === null) return;
    const plan = planFor(storage);
    const upload = await start(storage, "file", plan);
    const parts = await Promise.all([3, 1, 2].map((number) => send(storage, upload, plan, number)));
    await storage.finishUpload(upload, parts);
    expect((await bytesIn(await storage.read("file"))).equals(plan.body)).toBe(true);
  });

  it("goes on with an upload from what is remembered of it, by another storage object", async () => {
    const { storage, place } = await openPlace(backend);
    if (storage.capabilities.parts === null) return;
    const plan = planFor(storage);
    const first = await start(storage, "file", plan);
    const sent = await send(storage, first, plan, 1);
    await storage.close();
    const other = await opened(place.definition);
    const upload = remembered(first);
    const there = await other.uploadedParts(upload);
    expect(there).toEqual([sent]);
    const rest = [await send(other, upload, plan, 2), await send(other, upload, plan, 3)];
    await other.finishUpload(upload, remembered([...(there ?? []), ...rest]));
    expect((await bytesIn(await other.read("file"))).equals(plan.body)).toBe(true);
  });

  it("replaces a part that is sent again", async () => {
    const { storage } = await openPlace(backend);
    if (storage.capabilities.parts === null) return;
    const plan = planFor(storage);
    const upload = await start(storage, "file", plan);
    await storage.uploadPart(upload, 1, manyBytes(plan.partBytes, 99));
    const parts = await sendAll(storage, upload, plan);
    expect((await storage.uploadedParts(upload))?.length).toBe(3);
    await storage.finishUpload(upload, parts);
    expect((await bytesIn(await storage.read("file"))).equals(plan.body)).toBe(true);
  });

  it("does not finish without all parts, and nothing is seen", async () => {
    const { storage } = await openPlace(backend);
    if (storage.capabilities.parts === null) return;
    const plan = planFor(storage);
    const upload = await start(storage, "file", plan);
    const parts = [await send(storage, upload, plan, 1), await send(storage, upload, plan, 2)];
    await failing(storage.finishUpload(upload, parts), "corrupt");
    expect(await storage.stat("file")).toBeNull();
  });

  it("forgets an upload that is given up, twice too", async () => {
    const { storage } = await openPlace(backend);
    if (storage.capabilities.parts === null) return;
    const plan = planFor(storage);
    const upload = await start(storage, "file", plan);
    await send(storage, upload, plan, 1);
    await storage.abandonUpload(upload);
    await storage.abandonUpload(upload);
    expect(await pathsBelow(storage, "")).toEqual([]);
    if (backend.forgetsLater === true) return;
    expect(await storage.uploadedParts(upload)).toBeNull();
    await failing(send(storage, upload, plan, 2), "not_found");
  });

  it("does not replace a file that must be absent at the end of the upload", async () => {
    const { storage } = await openPlace(backend);
    if (storage.capabilities.parts === null) return;
    const plan = planFor(storage);
    const upload = await start(storage, "file", plan);
    const parts = await sendAll(storage, upload, plan);
    await writeText(storage, "file", "quicker");
    await failing(storage.finishUpload(upload, parts, { ifAbsent: true }), "exists");
    expect(await textAt(storage, "file")).toBe("quicker");
    const second = await start(storage, "other", plan);
    await storage.finishUpload(second, await sendAll(storage, second, plan), { ifAbsent: true });
    expect((await storage.stat("other"))?.sizeBytes).toBe(plan.body.byteLength);
  });

  it("uploads an empty file in one empty part", async () => {
    const { storage } = await openPlace(backend);
    if (storage.capabilities.parts === null) return;
    const { partBytes } = planFor(storage);
    const upload = await storage.startUpload("none", { sizeBytes: 0, sha256: null, partBytes });
    const part = await storage.uploadPart(upload, 1, new Uint8Array());
    const file = await storage.finishUpload(upload, [part]);
    expect(file.sizeBytes).toBe(0);
  });
}
