import { spawn } from "node:child_process";
import { builtProgram } from "../testing/built-program.ts";
import { computeContract } from "../testing/contracts/compute.ts";
import { createHostProcesses } from "./host-processes.ts";
import { createLocalCompute } from "./local.ts";
import { createPosixProcesses } from "./process-posix.ts";

const nodeSupervisor = builtProgram("computes/node-supervisor.ts");
const engine = builtProgram("testing/contracts/compute-engine.program.ts");

const subjects = [
  { supervisor: "python", host: createHostProcesses() },
  { supervisor: "python", host: createPosixProcesses() },
  { supervisor: "node", host: createHostProcesses() },
] as const;

for (const { supervisor, host } of subjects) {
  computeContract(`local, ${supervisor} supervisor, ${host.kind} processes`, {
    host,
    make: (options, listener) =>
      createLocalCompute({ ...options, supervisor, python: null, host, nodeSupervisor }, listener),
    spawnEngine: (stateFolder, orders) => {
      const asked = { stateFolder, supervisor, nodeSupervisor, host: host.kind, orders };
      const stdio = ["ignore", "pipe", "inherit"] as const;
      return spawn(process.execPath, [engine, JSON.stringify(asked)], { stdio: [...stdio] });
    },
  });
}
