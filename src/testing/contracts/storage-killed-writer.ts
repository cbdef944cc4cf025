// Kills a real process in the middle of a write: what no test in the same process can do.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { OpenableDatastore } from "../../spec/datastore.ts";

const PROGRAM = fileURLToPath(new URL("./storage-writer.program.ts", import.meta.url));

/** Resolves when the writer has sent half of its bytes and is dead. */
export async function killedWriter(definition: OpenableDatastore, path: string): Promise<void> {
  const child = spawn(process.execPath, ["--import", "tsx", PROGRAM], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const gone = once(child, "exit");
  child.stdin.end(JSON.stringify({ definition, path }));
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === "half") break;
    throw new Error(`the writer said ${line}`);
  }
  child.kill("SIGKILL");
  await gone;
}
