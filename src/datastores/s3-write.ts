// Writes an object: a small one in one request, a big one in pieces one after the other. Every request is held whole, so
// that its signature covers its bytes: a server that was cut off in the middle cannot take what came for all.

import { hash } from "node:crypto";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { ContentId } from "../core/content.ts";
import type { Bytes, PendingUpload, UploadedPart } from "../ports/storage.ts";
import {
  abortMultipart,
  completeMultipart,
  type S3Target,
  type S3Ways,
  sendPart,
  startMultipart,
} from "./s3-uploads.ts";
import { inPieces, wholeBody } from "./send-body.ts";

const SHA256 = "stepwell-sha256";
/** Held in memory by each write at most, up to the size of file below. */
const PIECE_BYTES = 8 * 1024 ** 2;
/** A file that is bigger than so many pieces has bigger ones. */
const MAX_PIECES = 10_000;

export interface S3WriteOrder {
  readonly target: S3Target;
  readonly sizeBytes: number;
  readonly sha256: ContentId | null;
  readonly ifAbsent: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Its ETag; null where the storage must be asked. */
export async function writeObject(
  ways: S3Ways,
  bytes: Bytes,
  order: S3WriteOrder,
): Promise<string | null> {
  if (order.sizeBytes > PIECE_BYTES) return writePieces(ways, bytes, order);
  const body = await wholeBody(bytes);
  return (await putDirectly(ways, body, order)) ?? put(ways, body, order);
}

async function putDirectly(
  { direct }: S3Ways,
  body: Uint8Array,
  { target, sha256, ifAbsent, signal }: S3WriteOrder,
): Promise<string | null> {
  const answer = await direct.send({
    method: "PUT",
    key: target.Key,
    headers: {
      "content-length": String(body.byteLength),
      "content-type": "application/octet-stream",
      ...(sha256 === null ? {} : { [`x-amz-meta-${SHA256}`]: sha256 }),
      ...(sha256 === null ? {} : { "x-amz-checksum-sha256": base64(sha256) }),
      ...(ifAbsent ? { "if-none-match": "*" } : {}),
    },
    body,
    // What was announced was compared with the bytes on their way here.
    bodySha256: sha256?.slice("sha256:".length) ?? hash("sha256", body),
    signal,
  });
  return answer?.headers.etag ?? null;
}

async function put(
  { client }: S3Ways,
  body: Uint8Array,
  { target, sizeBytes, sha256, ifAbsent, signal }: S3WriteOrder,
): Promise<string | null> {
  const answer = await client.send(
    new PutObjectCommand({
      ...target,
      Body: body,
      ContentLength: sizeBytes,
      Metadata: metadataOf(sha256),
      ...(sha256 === null ? {} : { ChecksumSHA256: base64(sha256) }),
      ...(ifAbsent ? { IfNoneMatch: "*" } : {}),
    }),
    signal === undefined ? {} : { abortSignal: signal },
  );
  return answer.ETag ?? null;
}

export function metadataOf(sha256: ContentId | null): Readonly<Record<string, string>> {
  return sha256 === null ? {} : { [SHA256]: sha256 };
}

/** What an earlier write noted; null: nothing. */
export function notedSha256(metadata: Readonly<Record<string, string>> = {}): ContentId | null {
  const note = metadata[SHA256] ?? "";
  return /^sha256:[0-9a-f]{64}$/.test(note) ? (note as ContentId) : null;
}

async function writePieces(
  ways: S3Ways,
  bytes: Bytes,
  { target, sizeBytes, sha256, ifAbsent, signal }: S3WriteOrder,
): Promise<null> {
  const { client } = ways;
  const partBytes = Math.max(PIECE_BYTES, Math.ceil(sizeBytes / MAX_PIECES));
  const id = await startMultipart(client, target, metadataOf(sha256));
  const upload: PendingUpload = { path: target.Key, id, sizeBytes, partBytes, sha256 };
  try {
    const parts: UploadedPart[] = [];
    for await (const piece of inPieces(bytes, partBytes, sizeBytes))
      parts.push(await sendPart(ways, target, upload, parts.length + 1, piece, signal));
    await completeMultipart(client, target, upload, parts, ifAbsent);
    return null;
  } catch (error) {
    // What failed is said; that the pieces could not be removed as well says nothing more.
    await abortMultipart(client, target, upload).catch(() => {});
    throw error;
  }
}

function base64(sha256: ContentId): string {
  return Buffer.from(sha256.slice("sha256:".length), "hex").toString("base64");
}
