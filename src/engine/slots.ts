// The resources of one compute: what is free, who holds what, which GPUs are given out. Knows demands, not processes.

import type { Demand } from "../core/plan.ts";
import { fitted } from "../core/schedule.ts";

interface Holding {
  readonly demand: Demand;
  readonly gpus: readonly string[];
}

export interface Slots {
  readonly free: () => Demand;
  /** Gives `demand` (cut to the capacity) to an attempt and answers with the names of its GPUs. */
  take(attemptId: string, demand: Demand): readonly string[];
  /** The same for an attempt that another engine has started: it has its GPUs already. */
  hold(attemptId: string, demand: Demand, gpus: readonly string[]): void;
  /** False when it held nothing. */
  release(attemptId: string): boolean;
}

/** Steps shorter than this spend more time waiting for the engine than working. */
const SHORT_MS = 150;
/** Short steps wait in the compute for about this much work of each slot … */
const AHEAD_MS = 100;
/** … but for no more than so many of them, and for fewer when each brings a whole folder of code with it. */
const MOST_AHEAD = 48;
const HEAVY_AHEAD = 2;
/** How much the newest duration counts in the running mean. */
const WEIGHT = 0.2;

/**
 * How many single-cpu steps may be handed to the compute beyond its slots, so that none of its slots waits for a commit.
 * Nothing is handed ahead before steps have been seen to be short, nor while anything else than single-cpu steps waits.
 */
export interface LookAhead {
  /** An attempt took this long. */
  seen(durationMs: number): void;
  extraCpus(waiting: "uniform" | "heavy" | "mixed"): number;
}

export function makeLookAhead(capacity: Demand): LookAhead {
  let mean: number | null = null;
  return {
    seen(durationMs) {
      mean = mean === null ? durationMs : mean + WEIGHT * (durationMs - mean);
    },
    extraCpus(waiting) {
      if (waiting === "mixed" || mean === null || mean >= SHORT_MS) return 0;
      const most = waiting === "heavy" ? HEAVY_AHEAD : MOST_AHEAD;
      const each = Math.min(most, Math.ceil(AHEAD_MS / Math.max(1, mean)));
      return Math.floor(capacity.cpus) * each;
    },
  };
}

/** `gpuNames`: one for each GPU of the capacity. */
export function makeSlots(capacity: Demand, gpuNames: readonly string[] = []): Slots {
  const holdings = new Map<string, Holding>();
  const free = { ...capacity };
  const freeGpus = [...gpuNames];
  const hold = (attemptId: string, asked: Demand, gpus: readonly string[]): void => {
    const demand = fitted(asked, capacity);
    for (const gpu of gpus) freeGpus.splice(freeGpus.indexOf(gpu), 1);
    holdings.set(attemptId, { demand, gpus });
    free.cpus -= demand.cpus;
    free.memoryBytes -= demand.memoryBytes;
    free.gpus -= demand.gpus;
  };
  return {
    free: () => free,
    take(attemptId, demand) {
      const gpus = freeGpus.slice(0, fitted(demand, capacity).gpus);
      hold(attemptId, demand, gpus);
      return gpus;
    },
    // One that the compute no longer has is nobody's.
    hold: (attemptId, demand, gpus) =>
      hold(
        attemptId,
        demand,
        gpus.filter((gpu) => freeGpus.includes(gpu)),
      ),
    release(attemptId) {
      const holding = holdings.get(attemptId);
      if (holding === undefined) return false;
      holdings.delete(attemptId);
      freeGpus.push(...holding.gpus);
      freeGpus.sort((a, b) => gpuNames.indexOf(a) - gpuNames.indexOf(b));
      free.cpus += holding.demand.cpus;
      free.memoryBytes += holding.demand.memoryBytes;
      free.gpus += holding.demand.gpus;
      return true;
    },
  };
}
