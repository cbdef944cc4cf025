// The processes of a distributed step on one machine, and the variables by which they find each other. The values
// are those that torchrun, TensorFlow and mpirun users expect.

import type { Distribution } from "../spec/graph.ts";

/** First port handed out; the range stays clear of the ephemeral ports of Linux (32768–60999). */
const FIRST_PORT = 20_000;
const PORTS = 12_000;

/** A port that differs between attempts: two distributed steps may run at once. */
export function rendezvousPort(attemptId: string): number {
  let hash = 0;
  for (const character of attemptId) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return FIRST_PORT + (hash % PORTS);
}

/** Extra variables for each process; `[{}]` for a step that is not distributed. */
export function processVariables(
  distribution: Distribution | null,
  instanceCount: number,
  attemptId: string,
): readonly Readonly<Record<string, string>>[] {
  if (distribution === null) return [{}];
  const port = rendezvousPort(attemptId);
  switch (distribution.type) {
    case "pytorch":
      return torchRanks(instanceCount, distribution.processCountPerInstance, port);
    case "tensorflow":
      return tensorflowTasks(distribution.workerCount, distribution.parameterServerCount, port);
    case "mpi":
    case "ray":
      return [{}];
    default:
      return distribution satisfies never;
  }
}

function torchRanks(
  instances: number,
  perInstance: number,
  port: number,
): Readonly<Record<string, string>>[] {
  const size = instances * perInstance;
  return Array.from({ length: size }, (_, rank) => ({
    RANK: String(rank),
    LOCAL_RANK: String(rank % perInstance),
    NODE_RANK: String(Math.floor(rank / perInstance)),
    WORLD_SIZE: String(size),
    LOCAL_WORLD_SIZE: String(perInstance),
    MASTER_ADDR: "127.0.0.1",
    MASTER_PORT: String(port),
  }));
}

function tensorflowTasks(
  workers: number,
  servers: number,
  port: number,
): Readonly<Record<string, string>>[] {
  const address = (index: number): string => `127.0.0.1:${port + index}`;
  const worker = Array.from({ length: workers }, (_, index) => address(index));
  const ps = Array.from({ length: servers }, (_, index) => address(workers + index));
  const cluster = servers > 0 ? { worker, ps } : { worker };
  const task = (type: string, index: number): Readonly<Record<string, string>> => ({
    TF_CONFIG: JSON.stringify({ cluster, task: { type, index }, environment: "cloud" }),
  });
  return [
    ...worker.map((_, index) => task("worker", index)),
    ...ps.map((_, index) => task("ps", index)),
  ];
}

/** `mpirun` starts its own processes: the script is its argument, never its text. */
export function mpiCommand(processes: number): string {
  return `mpirun -n ${processes} bash -c "$SW__script"`;
}

/** Open MPI refuses more processes than cores, and root; other MPIs take no notice of these. */
export const MPI_VARIABLES: Readonly<Record<string, string>> = {
  OMPI_ALLOW_RUN_AS_ROOT: "1",
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
  OMPI_MCA_rmaps_base_oversubscribe: "1",
  PRTE_MCA_rmaps_default_mapping_policy: ":oversubscribe",
};
