// Sets apart what is made beside its place until it is whole. The workers of one process share its id, and each has counters of
// its own: a number that is drawn is nobody else's.

import { randomInt } from "node:crypto";

export function uniqueNumber(): number {
  return randomInt(2 ** 48 - 1);
}
