// Gives back the files of databases that were closed. libsql holds them until the statements of each are collected as
// garbage, which a process that opens one workspace after the other does not live to see: it is out of files before.

import { nodeModule } from "../../ports/node-module.ts";

/** Two files of each are open until then; a process may have a thousand. */
const CLOSED_AT_ONCE = 64;

let closed = 0;

/** Said of each that has been closed; of most nothing follows. */
export function collectStatements(): void {
  closed += 1;
  if (closed % CLOSED_AT_ONCE !== 0) return;
  const { setFlagsFromString } = nodeModule("node:v8");
  setFlagsFromString("--expose-gc");
  const collect: () => void = nodeModule("node:vm").runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  collect();
}
