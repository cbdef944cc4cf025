// Stands in for an engine that dies: starts attempts on a local compute and prints a line for each report. Killed from
// outside by the contract suite of computes.

import { createHostProcesses } from "../../computes/host-processes.ts";
import { createLocalCompute } from "../../computes/local.ts";
import { createPosixProcesses } from "../../computes/process-posix.ts";
import type { AttemptOrder } from "../../ports/compute.ts";

const { stateFolder, supervisor, nodeSupervisor, host, orders } = JSON.parse(
  process.argv[2] ?? "{}",
) as {
  stateFolder: string;
  supervisor: "python" | "node";
  nodeSupervisor: string;
  host: "linux" | "posix";
  orders: AttemptOrder[];
};
const processes = host === "posix" ? createPosixProcesses() : createHostProcesses();
const compute = createLocalCompute(
  { stateFolder, slots: 1, supervisor, python: null, host: processes, nodeSupervisor },
  (report) => console.log(JSON.stringify(report)),
);
for (const order of orders) compute.start(order);
