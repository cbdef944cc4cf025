// How much room the heap may take before it is cleaned: much while a command reads and compares, which is over soon;
// little once it keeps many things for long. Only the process that is ours alone is set so: a library leaves its host be.

import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

interface Growth {
  /** By which the heap may grow over what is alive. */
  readonly percent: number;
  /** By which the room for new objects may grow at a time: what dies in it is never copied. */
  readonly youngFactor: number;
}

const HASTY: Growth = { percent: 100, youngFactor: 1 };
/** Of a large pipeline that is compared: the room itself costs something, and little of a small one would be copied. */
const ROOMY: Growth = { percent: 100, youngFactor: 4 };
/** Cleaning costs as much whether there is little room or much: once something has outlived its step there is to be more. */
const GROWING: Growth = { percent: 12, youngFactor: 4 };
const THRIFTY: Growth = { percent: 12, youngFactor: 1 };
/** Enough room: with more, a step costs hardly less. */
const YOUNG_BYTES = 4 << 20;
/** A look at it costs as much as a tenth of a step. */
const LOOK_MS = 50;

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

/** From now on much is read that is dropped again. */
export function saveMemory(): void {
  if (growth !== null && growth !== THRIFTY) grow(THRIFTY);
}

/** Steps are being run, and what is known of each is kept until the end. Said again and again while that is so. */
export function workSteadily(): void {
  const now = process.uptime() * 1000;
  if (growth === null || isRoomy || now - lookedAt < LOOK_MS) return;
  lookedAt = now;
  isRoomy = youngBytes() >= YOUNG_BYTES;
  grow(isRoomy ? THRIFTY : GROWING);
}

let isRoomy = false;
let lookedAt = Number.NEGATIVE_INFINITY;

function youngBytes(): number {
  const spaces = getHeapSpaceStatistics();
  return spaces.find(({ space_name }) => space_name === "new_space")?.space_size ?? 0;
}

function grow(how: Growth): void {
  growth = how;
  setFlagsFromString(`--heap-growing-percent=${how.percent}`);
  setFlagsFromString(`--semi-space-growth-factor=${how.youngFactor}`);
}
