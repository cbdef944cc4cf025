// Blob uploads in blocks: what the names of blocks say, and how they are sent and put together. Throws what the SDK throws.

import { createHash } from "node:crypto";
import type { BlockBlobClient } from "@azure/storage-blob";
import type { ContentId } from "../core/content.ts";
import type { PendingUpload, UploadedPart } from "../ports/storage.ts";
import { patiently } from "./patience.ts";
import { inOrder } from "./upload-parts.ts";

const SHA256 = "stepwell_sha256";

export interface CommitOrder {
  readonly sha256: ContentId | null;
  readonly ifAbsent: boolean;
}

/**
 * All blocks of a blob that are not yet put together lie in one heap, and their names must be equally long: each has its
 * upload's id and its number.
 */
export async function stageBlock(
  blob: BlockBlobClient,
  id: string,
  number: number,
  body: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<UploadedPart> {
  await patiently(signal, body.byteLength, (abortSignal) =>
    blob.stageBlock(blockName(id, number), Buffer.from(body), body.byteLength, {
      transactionalContentMD5: md5(body),
      abortSignal,
    }),
  );
  return { number, sizeBytes: body.byteLength, tag: String(number) };
}

export async function stagedBlocks(
  blob: BlockBlobClient,
  id: string,
): Promise<readonly UploadedPart[]> {
  const { uncommittedBlocks = [] } = await patiently(undefined, 0, (abortSignal) =>
    blob.getBlockList("uncommitted", { abortSignal }),
  );
  const parts = uncommittedBlocks.flatMap(({ name, size }) => {
    const number = numberIn(name, id);
    return number === null ? [] : [{ number, sizeBytes: size, tag: String(number) }];
  });
  return inOrder(parts);
}

export async function commitBlocks(
  blob: BlockBlobClient,
  upload: PendingUpload,
  parts: readonly UploadedPart[],
  { sha256, ifAbsent }: CommitOrder,
): Promise<void> {
  // A block cannot be empty: an empty file has none.
  const names = inOrder(parts)
    .filter(({ sizeBytes }) => sizeBytes > 0)
    .map(({ number }) => blockName(upload.id, number));
  await patiently(undefined, 0, (abortSignal) =>
    blob.commitBlockList(names, { ...headersOf(sha256), ...conditionsOf(ifAbsent), abortSignal }),
  );
}

export async function uploadWhole(
  blob: BlockBlobClient,
  body: Uint8Array,
  { sha256, ifAbsent }: CommitOrder,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const { blobHTTPHeaders, ...noted } = headersOf(sha256);
  const { etag } = await patiently(signal, body.byteLength, (abortSignal) =>
    blob.upload(Buffer.from(body), body.byteLength, {
      ...noted,
      ...conditionsOf(ifAbsent),
      blobHTTPHeaders: { ...blobHTTPHeaders, blobContentMD5: md5(body) },
      abortSignal,
    }),
  );
  return etag;
}

/** What an earlier write noted; null: nothing. Names of metadata keep no case. */
export function notedSha256(metadata: Readonly<Record<string, string>> = {}): ContentId | null {
  for (const [name, note] of Object.entries(metadata))
    if (name.toLowerCase() === SHA256 && /^sha256:[0-9a-f]{64}$/.test(note))
      return note as ContentId;
  return null;
}

function headersOf(sha256: ContentId | null) {
  const blobHTTPHeaders = { blobContentType: "application/octet-stream" };
  return sha256 === null
    ? { blobHTTPHeaders }
    : { blobHTTPHeaders, metadata: { [SHA256]: sha256 } };
}

function conditionsOf(ifAbsent: boolean) {
  return ifAbsent ? { conditions: { ifNoneMatch: "*" } } : {};
}

function md5(body: Uint8Array): Uint8Array {
  return createHash("md5").update(body).digest();
}

function blockName(id: string, number: number): string {
  return Buffer.from(`${id}-${String(number).padStart(5, "0")}`).toString("base64");
}

/** Null: of another upload. */
function numberIn(name: string, id: string): number | null {
  const [owner, number] = Buffer.from(name, "base64").toString().split("-");
  return owner === id && number !== undefined ? Number(number) : null;
}
