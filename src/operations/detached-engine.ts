// Starts an engine that outlives whoever asked for it, and sees to it that one is there where a process that leaves may
// have been the only one.

import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { RunRow } from "../ports/records.ts";
import { ownProgram } from "./own-program.ts";
import { places, type Workspace } from "./workspace.ts";

/** An engine in a session of its own that ends when nothing is left to do; harmless when there is one already. */
export function startDetachedEngine(workspace: Workspace): void {
  const log = fs.openSync(path.join(places.dot(workspace.folder), "engine.log"), "a");
  const program = ownProgram("../cli/main.ts", "stepwell.js");
  const words = [...program, "engine", "--workspace", workspace.folder];
  const child = spawn(process.execPath, words, {
    cwd: os.tmpdir(),
    detached: true,
    stdio: ["ignore", log, log],
    env: workspace.shell as NodeJS.ProcessEnv,
  });
  child.unref();
  fs.closeSync(log);
}

/** Starts one where runs go on after this process ends and no living process stands ready for them. */
export async function keepOthersGoing(workspace: Workspace): Promise<void> {
  const open = await workspace.records.openRuns();
  const followed = open.some(
    (row) => row.owner !== null && workspace.process.isAlive(row.owner) && !isSelf(workspace, row),
  );
  if (!followed && open.some((row) => row.detached)) startDetachedEngine(workspace);
}

function isSelf(workspace: Workspace, row: RunRow): boolean {
  const me = workspace.self();
  return row.owner?.pid === me.pid && row.owner?.startTime === me.startTime;
}
