// What the headers of an object say of it as a file: its version is its ETag, its checksum the server's or ours.

import type { HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import type { ContentId } from "../core/content.ts";
import type { StoredFile } from "../ports/storage.ts";
import { notedSha256 } from "./s3-write.ts";

export function storedFile(path: string, head: HeadObjectCommandOutput): StoredFile {
  return {
    path,
    sizeBytes: head.ContentLength ?? 0,
    modifiedAt: head.LastModified?.getTime() ?? null,
    version: bare(head.ETag),
    sha256: checksumOf(head),
  };
}

/** A checksum of checksums (of an upload in pieces) is not one of the bytes. */
function checksumOf({ ChecksumSHA256, ChecksumType, Metadata }: HeadObjectCommandOutput) {
  const isWhole = ChecksumSHA256?.includes("-") === false && ChecksumType !== "COMPOSITE";
  if (ChecksumSHA256 !== undefined && isWhole)
    return `sha256:${Buffer.from(ChecksumSHA256, "base64").toString("hex")}` as ContentId;
  return notedSha256(Metadata);
}

export function bare(etag: string | undefined): string | null {
  return etag?.replaceAll('"', "") ?? null;
}
