// Starts an engine that outlives whoever asked for it, and sees to it that one is there where a process that leaves may
// have been the only one.

import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { ownProgram } from "../own-program.ts";
import { isStoodBy } from "../recorded/stand-by.ts";
import { places, type Workspace } from "../workspace.ts";

/** An engine in a session of its own that ends when nothing is left to do; it stands by while there is another. */
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

/** Starts one where detached runs go on after this process ends. Whoever follows a run of its own can be stopped or ended. */
export async function keepOthersGoing(workspace: Workspace): Promise<void> {
  if (isStoodBy(workspace)) return;
  const open = await workspace.records.openRuns();
  if (open.some((row) => row.detached)) startDetachedEngine(workspace);
}
