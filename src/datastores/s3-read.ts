// Asks for an object or a range of it. Gives the answer as it comes, or puts it into its place in memory; throws what the
// SDK throws.

import type { Readable } from "node:stream";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { type DirectRequest, type DirectStream, EMPTY_SHA256 } from "./s3-direct.ts";
import { bare } from "./s3-file.ts";
import type { S3Target, S3Ways } from "./s3-uploads.ts";

export interface ObjectRange {
  readonly offset: number;
  /** Absent: to the end. */
  readonly length: number | undefined;
  /** Null: whichever is there. */
  readonly version: string | null;
}

export interface ObjectAnswer {
  readonly body: Readable;
  /** Null: the server did not say. */
  readonly sizeBytes: number | null;
}

export async function readObject(
  { client, direct }: S3Ways,
  target: S3Target,
  { offset, length, version }: ObjectRange,
  signal: AbortSignal | undefined,
): Promise<ObjectAnswer> {
  const last = length === undefined ? "" : offset + length - 1;
  const whole = offset === 0 && length === undefined;
  const range = whole ? null : `bytes=${offset}-${last}`;
  const match = version === null ? null : `"${version}"`;
  const answer = await direct.stream(getting(target, range, match, signal));
  const asked = { offset, length, version };
  if (answer !== null) {
    return held(answer.body, asked, saidOf(answer));
  }
  const { Body, ContentLength, ContentRange, ETag, $metadata } = await client.send(
    new GetObjectCommand({
      ...target,
      ...(range === null ? {} : { Range: range }),
      ...(match === null ? {} : { IfMatch: match }),
    }),
    signal === undefined ? {} : { abortSignal: signal },
  );
  const sizeBytes = ContentLength ?? null;
  const said = { status: $metadata.httpStatusCode, sizeBytes, range: ContentRange, etag: ETag };
  return held(Body as Readable, asked, said);
}

/** Throws, in the form of the SDK's errors, where it is not what was asked for. */
function held(body: Readable, asked: ObjectRange, said: Said): ObjectAnswer {
  const mistake = mistakeOf(asked, said);
  if (mistake === null) return { body, sizeBytes: said.sizeBytes };
  body.on("error", () => {}).destroy();
  throw Object.assign(new Error("the server sent other bytes than those it was asked for"), {
    name: mistake,
  });
}

/** What the head of an answer says of its body. */
interface Said {
  readonly status: number | undefined;
  readonly sizeBytes: number | null;
  readonly range: string | undefined;
  readonly etag: string | undefined;
}

function saidOf({ status, headers }: Pick<DirectStream, "status" | "headers">): Said {
  const { "content-length": announced, "content-range": range, etag } = headers;
  return { status, sizeBytes: announced === undefined ? null : Number(announced), range, etag };
}

/** Servers in between may know neither ranges nor conditions. */
function mistakeOf(
  { offset, length, version }: ObjectRange,
  { status, sizeBytes, range, etag }: Said,
): "PreconditionFailed" | "OtherBytes" | null {
  if (version !== null && etag !== undefined && bare(etag) !== version) return "PreconditionFailed";
  const isFromThere =
    status === 206 ? range === undefined || range.startsWith(`bytes ${offset}-`) : offset === 0;
  return isFromThere && (sizeBytes ?? 0) <= (length ?? Number.POSITIVE_INFINITY)
    ? null
    : "OtherBytes";
}

/** How many bytes came; fewer where the object ends, or the connection broke. Null: ask in the usual way. */
export async function fillFromObject(
  { direct }: S3Ways,
  target: S3Target,
  into: Uint8Array,
  { offset, version }: Omit<ObjectRange, "length">,
  signal: AbortSignal | undefined,
): Promise<number | null> {
  const range = `bytes=${offset}-${offset + into.byteLength - 1}`;
  const match = version === null ? null : `"${version}"`;
  const answer = await direct.send({ ...getting(target, range, match, signal), into });
  if (answer === null) return null;
  const asked = { offset, length: into.byteLength, version };
  return mistakeOf(asked, saidOf(answer)) === null ? answer.body.byteLength : null;
}

function getting(
  { Key }: S3Target,
  range: string | null,
  match: string | null,
  signal: AbortSignal | undefined,
): DirectRequest {
  return {
    method: "GET",
    key: Key,
    headers: {
      ...(range === null ? {} : { range }),
      ...(match === null ? {} : { "if-match": match }),
    },
    bodySha256: EMPTY_SHA256,
    signal,
  };
}
