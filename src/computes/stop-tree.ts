// Ends every process of an attempt from outside, when no supervisor of ours can: TERM, after a grace KILL, until nothing
// is left. Knows processes only by the port.

import { setTimeout as delay } from "node:timers/promises";
import type { ProcessPort, TreeQuery } from "../ports/process.ts";

const LOOK_AGAIN_MS = 25;
/** Processes that cannot be signalled (another user's) are not waited for longer than this after the KILL. */
const GIVE_UP_MS = 30_000;

/** Resolves with the number of processes that were found; all of them are gone, or cannot be stopped. */
export async function stopTree(
  host: ProcessPort,
  query: TreeQuery,
  graceMs: number,
): Promise<{ readonly found: number; readonly left: number }> {
  const seen = new Set<number>();
  const begin = performance.now();
  let isTold = false;
  for (;;) {
    const tree = await host.tree(query);
    for (const member of tree) seen.add(member.pid);
    const waited = performance.now() - begin;
    if (tree.length === 0 || waited > graceMs + GIVE_UP_MS)
      return { found: seen.size, left: tree.length };
    if (waited >= graceMs) for (const member of tree) host.signal(member, "SIGKILL");
    else if (!isTold) for (const member of tree) host.signal(member, "SIGTERM");
    isTold = true;
    await delay(Math.max(1, Math.min(LOOK_AGAIN_MS, graceMs - waited)));
  }
}
