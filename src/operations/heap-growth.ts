// How much room the heap may take before it is cleaned: much while a command reads and compares, which is over soon;
// little once it keeps many things for long. Only the process that is ours alone is set so: a library leaves its host be.

import { setFlagsFromString } from "node:v8";

interface Growth {
  /** By which the heap may grow over what is alive. */
  readonly percent: number;
  /** By which the room for new objects may grow at a time: what dies in it is never copied. */
  readonly youngFactor: number;
}

const HASTY: Growth = { percent: 100, youngFactor: 1 };
/** Of a large pipeline that is compared: the room itself costs something, and little of a small one would be copied. */
const ROOMY: Growth = { percent: 100, youngFactor: 4 };
const THRIFTY: Growth = { percent: 12, youngFactor: 1 };

/** Null where the process is not ours. */
let growth: Growth | null = null;

/** Said by the program whose process this is. */
export function ownHeap(): void {
  grow(HASTY);
}

/** Many steps are about to be compared. */
export function expectMuch(): void {
  if (growth === HASTY) grow(ROOMY);
}

/** From now on much is read that is dropped again, or kept until a run ends. */
export function saveMemory(): void {
  if (growth === null || growth === THRIFTY) return;
  grow(THRIFTY);
}

function grow(how: Growth): void {
  growth = how;
  setFlagsFromString(`--heap-growing-percent=${how.percent}`);
  setFlagsFromString(`--semi-space-growth-factor=${how.youngFactor}`);
}
