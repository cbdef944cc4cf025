// How many processes a step is made of. Knows nothing of how they are started.

import type { Distribution } from "./graph.ts";

/** How many processes a step is, `mpirun` not counted. */
export function processCount(distribution: Distribution | null, instances: number): number {
  switch (distribution?.type) {
    case "pytorch":
    case "mpi":
      return distribution.processCountPerInstance * instances;
    case "tensorflow":
      return distribution.workerCount + distribution.parameterServerCount;
    default:
      return 1;
  }
}
