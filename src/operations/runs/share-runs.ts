// Pushes the runs that this process saw to their end into the caches that may be written, and those that an engine before this
// one did not live to push. What fails is a warning: the run is what it is, and `stepwell push` does it again.

import type { RunUpdate } from "../../ports/records.ts";
import type { SharedCacheConfig } from "../../spec/read-caches.ts";
import { claim, forget, markedRuns, unclaim } from "../recorded/marked-runs.ts";
import { isRefusal, type Refusal } from "../refusal.ts";
import { type Pushed, pushRun } from "../sharing/push-run.ts";
import { withCache } from "../sharing/with-caches.ts";
import { signingKey } from "../signing-key.ts";
import type { Workspace } from "../workspace.ts";

export interface Sharer {
  /** What has just been made durable: runs that ended in it are pushed. */
  committed(updates: readonly RunUpdate[]): void;
  /** Runs that ended with an engine before this one, which was killed before they were pushed. */
  sweep(): Promise<void>;
  /** When all that was begun is done. */
  settled(): Promise<void>;
}

export function createSharer(workspace: Workspace, say: (line: string) => void): Sharer {
  const caches = workspace.config.caches.filter((one) => one.mayWrite);
  /** One after the other: runs that ended at once share most of their bytes. */
  let last: Promise<void> = Promise.resolve();
  const share = async (run: string): Promise<void> => {
    if (!claim(workspace, "share", run)) return;
    try {
      await shareClaimed(run);
      forget(workspace, "share", run);
    } finally {
      unclaim(workspace, "share", run);
    }
  };
  const shareClaimed = async (run: string): Promise<void> => {
    for (const cache of caches) {
      const pushed = await pushTo(workspace, cache, run);
      if (isRefusal(pushed))
        say(
          `warning: ${run} was not shared with ${cache.url}: ${pushed.message}; later: stepwell push ${run}`,
        );
    }
  };
  return {
    committed(updates) {
      if (caches.length === 0) return;
      for (const { run, endedAt } of updates)
        if (endedAt !== null) last = last.then(() => share(run));
    },
    async sweep() {
      if (caches.length === 0) return;
      for (const run of await markedRuns(workspace, "share")) last = last.then(() => share(run));
    },
    settled: () => last,
  };
}

function pushTo(
  workspace: Workspace,
  config: SharedCacheConfig,
  name: string,
): Promise<readonly Pushed[] | Refusal> {
  return withCache(workspace, config, async (cache) => {
    const key = signingKey(workspace.shell);
    return isRefusal(key) ? key : pushRun(workspace, cache, { name, key });
  });
}
