// The resources of one compute: what is free, who holds what, which GPUs are given out. Knows demands, not processes.

import type { Demand } from "../core/plan.ts";
import { fitted } from "../core/schedule.ts";

interface Holding {
  readonly demand: Demand;
  readonly gpus: readonly number[];
}

export interface Slots {
  readonly free: () => Demand;
  /** Gives `demand` (cut to the capacity) to an attempt and answers with its GPU indices. */
  take(attemptId: string, demand: Demand): readonly number[];
  /** False when it held nothing. */
  release(attemptId: string): boolean;
}

export function makeSlots(capacity: Demand): Slots {
  const holdings = new Map<string, Holding>();
  const free = { ...capacity };
  const freeGpus = Array.from({ length: capacity.gpus }, (_, index) => index);
  return {
    free: () => free,
    take(attemptId, asked) {
      const demand = fitted(asked, capacity);
      const gpus = freeGpus.splice(0, demand.gpus);
      holdings.set(attemptId, { demand, gpus });
      free.cpus -= demand.cpus;
      free.memoryBytes -= demand.memoryBytes;
      free.gpus -= demand.gpus;
      return gpus;
    },
    release(attemptId) {
      const holding = holdings.get(attemptId);
      if (holding === undefined) return false;
      holdings.delete(attemptId);
      freeGpus.push(...holding.gpus);
      free.cpus += holding.demand.cpus;
      free.memoryBytes += holding.demand.memoryBytes;
      free.gpus += holding.demand.gpus;
      return true;
    },
  };
}
