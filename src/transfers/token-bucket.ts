// A limit on bytes a second, as a bucket that fills with time. Pure: time is an argument, waiting is somebody else's.

export interface Bucket {
  readonly bytesPerSecond: number;
  /** May be negative: bytes that were taken ahead of time. */
  readonly tokens: number;
  readonly at: number;
}

/** Starts full: one second's worth may go at once. */
export function fullBucket(bytesPerSecond: number, now: number): Bucket {
  return { bytesPerSecond, tokens: bytesPerSecond, at: now };
}

/** Takes `bytes` out; `waitMs`: how long whoever took them must stay still. */
export function take(
  bucket: Bucket,
  bytes: number,
  now: number,
): { readonly bucket: Bucket; readonly waitMs: number } {
  const filled = Math.min(
    bucket.bytesPerSecond,
    bucket.tokens + (Math.max(0, now - bucket.at) * bucket.bytesPerSecond) / 1000,
  );
  const tokens = filled - bytes;
  const waitMs = tokens >= 0 ? 0 : Math.ceil((-tokens * 1000) / bucket.bytesPerSecond);
  return { bucket: { ...bucket, tokens, at: now }, waitMs };
}
