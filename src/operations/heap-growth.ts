// How much room the heap may take before it is cleaned: much while a command reads and compares, which is over soon;
// little once it keeps many things for long. Only the process that is ours alone is set so: a library leaves its host be.

import { setFlagsFromString } from "node:v8";

/** Percent by which the heap may grow over what is alive. */
const HASTY = 100;
const THRIFTY = 25;

/** Null where the process is not ours. */
let growth: typeof HASTY | typeof THRIFTY | null = null;

/** Said by the program whose process this is. */
export function ownHeap(): void {
  growth = HASTY;
  setFlagsFromString(`--heap-growing-percent=${growth}`);
}

/** From now on much is read that is dropped again, or kept until a run ends. */
export function saveMemory(): void {
  if (growth !== HASTY) return;
  growth = THRIFTY;
  setFlagsFromString(`--heap-growing-percent=${growth}`);
}
