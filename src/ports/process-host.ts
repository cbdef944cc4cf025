// What an engine says of where it is: processes of two engines that say the same can be looked for by their ids. A container has
// ids of its own, also where it has the machine's name (`docker run --network host`).

import { readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Of the machine itself: a constant of Linux. */
const OF_THE_MACHINE = "pid:[4026531836]";

export function processHost(): string {
  try {
    const ids = readlinkSync("/proc/self/ns/pid");
    return ids === OF_THE_MACHINE ? hostname() : `${hostname()} ${ids}`;
  } catch {
    return hostname();
  }
}
