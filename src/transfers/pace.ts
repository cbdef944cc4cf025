// How many calls may be under way at once: fewer when a storage says "slower", one more after a while of success. Pure.

export interface Pace {
  readonly limit: number;
  readonly most: number;
  /** Calls that went well since the limit changed. */
  readonly good: number;
}

export function fullPace(most: number): Pace {
  return { limit: most, most, good: 0 };
}

export function slower(pace: Pace): Pace {
  return { ...pace, limit: Math.max(1, Math.floor(pace.limit / 2)), good: 0 };
}

/** One more at once after as many successes as may be under way. */
export function wentWell(pace: Pace): Pace {
  if (pace.limit === pace.most) return pace;
  const good = pace.good + 1;
  return good >= pace.limit ? { ...pace, limit: pace.limit + 1, good: 0 } : { ...pace, good };
}
