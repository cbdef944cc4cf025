// How much room the heap may take before it is cleaned: much while a command reads and compares, which is over soon;
// little once it keeps many things for long. Only the process that is ours alone is set so: a library leaves its host be.

import { setFlagsFromString } from "node:v8";

/** Percent by which the heap may grow over what is alive. */
const HASTY = 100;
const THRIFTY = 25;

let isOurs = false;

/** Said by the program whose process this is. */
export function ownHeap(): void {
  isOurs = true;
  setFlagsFromString(`--heap-growing-percent=${HASTY}`);
}

/** From now on much is read that is dropped again, or kept until a run ends. */
export function saveMemory(): void {
  if (isOurs) setFlagsFromString(`--heap-growing-percent=${THRIFTY}`);
}
