// A mark that keeps a result from ever being reused: who set it, when, and why. Knows nothing of where it is kept.

export interface Invalidation {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly by: string;
  readonly reason: string;
}

/** `invalidated by ann on 2026-03-01: bad labels`. */
export function describeInvalidation({ by, at, reason }: Invalidation): string {
  return `invalidated by ${by} on ${new Date(at).toISOString().slice(0, 10)}: ${reason}`;
}
