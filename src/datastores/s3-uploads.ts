// Uploads in pieces into a bucket: S3's own multipart uploads, which the bucket remembers. Throws what the SDK throws.

import { hash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { PendingUpload, UploadedPart } from "../ports/storage.ts";
import type { S3Direct } from "./s3-direct.ts";
import { inOrder } from "./upload-parts.ts";

/** Where an upload goes: the path in the storage is the caller's affair. */
export interface S3Target {
  readonly Bucket: string;
  readonly Key: string;
}

/** The SDK, and the short way beside it. */
export interface S3Ways {
  readonly client: S3Client;
  readonly direct: S3Direct;
}

export async function startMultipart(
  client: S3Client,
  target: S3Target,
  metadata: Readonly<Record<string, string>>,
): Promise<string> {
  const { UploadId = "" } = await client.send(
    new CreateMultipartUploadCommand({ ...target, Metadata: { ...metadata } }),
  );
  return UploadId;
}

export async function sendPart(
  { client, direct }: S3Ways,
  target: S3Target,
  upload: PendingUpload,
  number: number,
  body: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<UploadedPart> {
  // The signature covers the checksum of a body that is held whole, and the server checks it.
  const answer = await direct.send({
    method: "PUT",
    key: target.Key,
    query: { partNumber: String(number), uploadId: upload.id },
    headers: { "content-length": String(body.byteLength) },
    body,
    bodySha256: hash("sha256", body),
    signal,
  });
  const etag = answer?.headers.etag;
  if (etag !== undefined) return { number, sizeBytes: body.byteLength, tag: etag };
  const { ETag = "" } = await client.send(
    new UploadPartCommand({
      ...target,
      UploadId: upload.id,
      PartNumber: number,
      Body: body,
      ContentLength: body.byteLength,
    }),
    signal === undefined ? {} : { abortSignal: signal },
  );
  return { number, sizeBytes: body.byteLength, tag: ETag };
}

export async function listParts(
  client: S3Client,
  target: S3Target,
  upload: PendingUpload,
): Promise<readonly UploadedPart[]> {
  const parts: UploadedPart[] = [];
  for (let marker: string | undefined; ; ) {
    const page = await client.send(
      new ListPartsCommand({
        ...target,
        UploadId: upload.id,
        ...(marker === undefined ? {} : { PartNumberMarker: marker }),
      }),
    );
    for (const { PartNumber = 0, Size = 0, ETag = "" } of page.Parts ?? [])
      parts.push({ number: PartNumber, sizeBytes: Size, tag: ETag });
    if (page.IsTruncated !== true) return parts;
    marker = page.NextPartNumberMarker;
  }
}

export async function completeMultipart(
  client: S3Client,
  target: S3Target,
  upload: PendingUpload,
  parts: readonly UploadedPart[],
  ifAbsent: boolean,
): Promise<void> {
  await client.send(
    new CompleteMultipartUploadCommand({
      ...target,
      UploadId: upload.id,
      MultipartUpload: {
        Parts: inOrder(parts).map(({ number, tag }) => ({ PartNumber: number, ETag: tag })),
      },
      ...(ifAbsent ? { IfNoneMatch: "*" } : {}),
    }),
  );
}

export async function abortMultipart(
  client: S3Client,
  target: S3Target,
  upload: PendingUpload,
): Promise<void> {
  await client.send(new AbortMultipartUploadCommand({ ...target, UploadId: upload.id }));
}
