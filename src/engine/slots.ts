// The resources of one machine: what is free, who holds what, which GPUs are given out; in all, and of the pools that may
// have only a part of it. Knows demands, not processes.

import type { Demand } from "../core/plan.ts";
import { capacityIn, fitted, type Room, type Supply } from "../core/schedule.ts";

interface Holding {
  readonly pool: string | null;
  readonly demand: Demand;
  readonly gpus: readonly string[];
}

export interface Slots {
  readonly free: () => Demand;
  /** With `ahead` cpus more than are free. */
  room(pool: string | null, ahead: number): Room;
  /** Gives `demand` (cut to what its pool has) to an attempt and answers with the names of its GPUs. */
  take(attemptId: string, asked: Asked): readonly string[];
  /** The same for an attempt that another engine has started: it has its GPUs already. */
  hold(attemptId: string, asked: Asked, gpus: readonly string[]): void;
  /** False when it held nothing. */
  release(attemptId: string): boolean;
}

export interface Asked {
  readonly demand: Demand;
  readonly pool: string | null;
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
export function makeSlots(supply: Supply, gpuNames: readonly string[] = []): Slots {
  const holdings = new Map<string, Holding>();
  let free = supply.capacity;
  const freeOf = new Map<string | null, Demand>(Object.entries(supply.pools));
  const freeGpus = [...gpuNames];
  const give = ({ pool, demand }: Asked, sign: 1 | -1): void => {
    free = plus(free, demand, sign);
    const own = freeOf.get(pool);
    if (own !== undefined) freeOf.set(pool, plus(own, demand, sign));
  };
  const hold = (attemptId: string, asked: Asked, gpus: readonly string[]): void => {
    const { pool } = asked;
    const held = { pool, demand: fitted(asked.demand, capacityIn(supply, pool)), gpus };
    for (const gpu of gpus) freeGpus.splice(freeGpus.indexOf(gpu), 1);
    holdings.set(attemptId, held);
    give(held, -1);
  };
  return {
    free: () => free,
    room(pool, ahead) {
      const all = ahead === 0 ? free : { ...free, cpus: free.cpus + ahead };
      return { free: all, own: freeOf.get(pool) ?? all, capacity: capacityIn(supply, pool) };
    },
    take(attemptId, asked) {
      const count = fitted(asked.demand, capacityIn(supply, asked.pool)).gpus;
      const gpus = freeGpus.slice(0, count);
      hold(attemptId, asked, gpus);
      return gpus;
    },
    // One that the compute no longer has is nobody's.
    hold: (attemptId, asked, gpus) =>
      hold(
        attemptId,
        asked,
        gpus.filter((gpu) => freeGpus.includes(gpu)),
      ),
    release(attemptId) {
      const holding = holdings.get(attemptId);
      if (holding === undefined) return false;
      holdings.delete(attemptId);
      freeGpus.push(...holding.gpus);
      freeGpus.sort((a, b) => gpuNames.indexOf(a) - gpuNames.indexOf(b));
      give(holding, 1);
      return true;
    },
  };
}

function plus(free: Demand, demand: Demand, sign: 1 | -1): Demand {
  return {
    cpus: free.cpus + sign * demand.cpus,
    memoryBytes: free.memoryBytes + sign * demand.memoryBytes,
    gpus: free.gpus + sign * demand.gpus,
  };
}
