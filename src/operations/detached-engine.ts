// Starts an engine that outlives whoever asked for it.

import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
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
