import { builtProgram } from "../testing/built-program.ts";
import { processContract } from "../testing/contracts/process.ts";
import { createLinuxProcesses } from "./process-linux.ts";
import { createPosixProcesses } from "./process-posix.ts";

const reuse = [process.execPath, builtProgram("testing/contracts/pid-reuse.program.ts")];

if (process.platform === "linux") processContract("linux", createLinuxProcesses(), reuse);
processContract("posix", createPosixProcesses(), reuse);
