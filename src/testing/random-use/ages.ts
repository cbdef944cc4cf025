// Steps that take young results alone (`reuse: {max_age}`): what is certain of the age of work's newest result, from the times that
// runs tell. In between anything may be.

import type { Step } from "./project.ts";

/** When a result was recorded, in milliseconds since 1970: not before its attempt's end, nor after its run's. */
export interface Span {
  readonly earliest: number;
  readonly latest: number;
}

export interface Time {
  readonly from: number;
  readonly to: number;
}

const AGES_MS = { auto: null, never: null, "1d": 86_400_000, "10s": 10_000 } as const;

/** Certainly there, and young enough for the step, during all of a time. */
export function isYoung({ reuse }: Step, made: Span | undefined, during: Time): boolean {
  const age = AGES_MS[reuse];
  if (age === null) return true;
  return made !== undefined && made.latest <= during.from && during.to - made.earliest < age;
}

/** Certainly too old for the step, since a moment at least. */
export function isOld({ reuse }: Step, made: Span | undefined, since: number): boolean {
  const age = AGES_MS[reuse];
  return age !== null && made !== undefined && since - made.latest > age;
}

/** Of two results the newer one's. */
export function join(one: Span | undefined, other: Span): Span {
  if (one === undefined) return other;
  return {
    earliest: Math.max(one.earliest, other.earliest),
    latest: Math.max(one.latest, other.latest),
  };
}
