// What a transfer needs of time and chance. A test gives its own; a program takes the machine's.

import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../ports/clock.ts";

export interface TransferPorts {
  readonly clock: Pick<Clock, "monotonic">;
  /** From 0 up to, but not including, 1. */
  chance(): number;
  /** Resolves after so many milliseconds, or as soon as `signal` is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export const MACHINE_PORTS: TransferPorts = {
  clock: { monotonic: () => performance.now() },
  chance: () => Math.random(),
  wait: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
};
