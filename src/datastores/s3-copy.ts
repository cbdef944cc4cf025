// Copies an object to another key of its bucket: in one request up to what S3 takes so, in ranges above. No byte comes
// through this machine.

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";

export interface CopyOrder {
  readonly bucket: string;
  readonly from: string;
  readonly to: string;
  readonly sizeBytes: number;
  /** Of the source: another one meanwhile fails the copy. */
  readonly etag: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly ifAbsent: boolean;
  /** Above it the copy goes in ranges. */
  readonly maxWholeBytes: number;
}

export const MAX_WHOLE_COPY_BYTES = 5 * 1024 ** 3;
/** The least that is allowed; 10,000 of them are 50 GB, and bigger ranges are taken above that. */
const MIN_RANGE_BYTES = 5 * 1024 ** 2;
const USUAL_RANGE_BYTES = 512 * 1024 ** 2;
const MAX_RANGES = 10_000;
const AT_ONCE = 8;

export async function copyObject(client: S3Client, order: CopyOrder): Promise<void> {
  if (order.sizeBytes > order.maxWholeBytes) return copyInRanges(client, order);
  await client.send(
    new CopyObjectCommand({
      Bucket: order.bucket,
      Key: order.to,
      CopySource: sourceOf(order),
      ...(order.etag === undefined ? {} : { CopySourceIfMatch: order.etag }),
      ...(order.ifAbsent ? { IfNoneMatch: "*" } : {}),
    }),
  );
}

async function copyInRanges(client: S3Client, order: CopyOrder): Promise<void> {
  const target = { Bucket: order.bucket, Key: order.to };
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...target, Metadata: { ...order.metadata } }),
  );
  try {
    const Parts = await copiedRanges(client, order, UploadId);
    await client.send(
      new CompleteMultipartUploadCommand({
        ...target,
        UploadId,
        MultipartUpload: { Parts },
        ...(order.ifAbsent ? { IfNoneMatch: "*" } : {}),
      }),
    );
  } catch (error) {
    // What failed is said; that the ranges could not be removed as well says nothing more.
    await client.send(new AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => {});
    throw error;
  }
}

async function copiedRanges(client: S3Client, order: CopyOrder, UploadId: string | undefined) {
  const rangeBytes = Math.max(
    Math.min(USUAL_RANGE_BYTES, order.maxWholeBytes),
    MIN_RANGE_BYTES,
    Math.ceil(order.sizeBytes / MAX_RANGES),
  );
  const count = Math.ceil(order.sizeBytes / rangeBytes);
  const parts: { PartNumber: number; ETag: string | undefined }[] = [];
  let next = 1;
  const drain = async (): Promise<void> => {
    while (next <= count) {
      const PartNumber = next;
      next += 1;
      const first = (PartNumber - 1) * rangeBytes;
      const last = Math.min(first + rangeBytes, order.sizeBytes) - 1;
      const { CopyPartResult } = await client.send(
        new UploadPartCopyCommand({
          Bucket: order.bucket,
          Key: order.to,
          UploadId,
          PartNumber,
          CopySource: sourceOf(order),
          CopySourceRange: `bytes=${first}-${last}`,
          ...(order.etag === undefined ? {} : { CopySourceIfMatch: order.etag }),
        }),
      );
      parts.push({ PartNumber, ETag: CopyPartResult?.ETag });
    }
  };
  const ends = await Promise.allSettled(
    Array.from({ length: AT_ONCE }, () =>
      drain().catch((error) => {
        next = count + 1;
        throw error;
      }),
    ),
  );
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return parts.sort((one, other) => one.PartNumber - other.PartNumber);
}

function sourceOf({ bucket, from }: CopyOrder): string {
  return `${bucket}/${from.split("/").map(encodeURIComponent).join("/")}`;
}
