// That the bytes of a result, or a registered version, were removed: by whom and when. Knows nothing of how it is done.

export interface Removal {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly by: string;
  /** In words: `stepwell delete`, or the rule by which it went. */
  readonly reason: string;
}

/** `removed by ann on 2026-03-01: outputs older than 90d`. */
export function describeRemoval({ by, at, reason }: Removal): string {
  return `removed by ${by} on ${new Date(at).toISOString().slice(0, 10)}: ${reason}`;
}
