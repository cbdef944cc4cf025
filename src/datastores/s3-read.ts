// Asks for an object or a range of it. Gives the answer as it comes, or puts it into its place in memory; throws what the
// SDK throws.

import type { Readable } from "node:stream";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { type DirectRequest, EMPTY_SHA256 } from "./s3-direct.ts";
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
  if (answer !== null) {
    const announced = answer.headers["content-length"];
    return { body: answer.body, sizeBytes: announced === undefined ? null : Number(announced) };
  }
  const { Body, ContentLength = null } = await client.send(
    new GetObjectCommand({
      ...target,
      ...(range === null ? {} : { Range: range }),
      ...(match === null ? {} : { IfMatch: match }),
    }),
    signal === undefined ? {} : { abortSignal: signal },
  );
  return { body: Body as Readable, sizeBytes: ContentLength };
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
  // A server that knows no ranges sends the whole object.
  const isRange = answer.status === 206 || (answer.status === 200 && offset === 0);
  return isRange && answer.body.byteLength <= into.byteLength ? answer.body.byteLength : null;
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
