// Opens the caches of a workspace one after the other for a piece of work, and closes them.

import type { SharedCacheConfig } from "../../spec/read-caches.ts";
import { unlessStorageFails } from "../data/storage-refusal.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { openCache, type SharedCache } from "./shared-cache.ts";

/** The first answer that is no refusal; else the last refusal. */
export async function firstCache<T>(
  workspace: Workspace,
  work: (cache: SharedCache) => Promise<T | Refusal>,
): Promise<T | Refusal> {
  let last: Refusal = noCache(workspace.config.caches);
  for (const config of workspace.config.caches) {
    const answer = await withCache(workspace, config, work);
    if (!isRefusal(answer)) return answer;
    last = answer;
  }
  return last;
}

/** Every cache that may be written. */
export async function everyWritable<T>(
  workspace: Workspace,
  work: (cache: SharedCache) => Promise<T | Refusal>,
): Promise<readonly { readonly url: string; readonly answer: T }[] | Refusal> {
  const writable = workspace.config.caches.filter((one) => one.mayWrite);
  if (writable.length === 0) return noCache(workspace.config.caches);
  const answers: { url: string; answer: T }[] = [];
  for (const config of writable) {
    const answer = await withCache(workspace, config, work);
    if (isRefusal(answer)) return answer;
    answers.push({ url: config.url, answer });
  }
  return answers;
}

/** Opens one for a piece of work, and closes it. */
export function withCache<T>(
  workspace: Workspace,
  config: SharedCacheConfig,
  work: (cache: SharedCache) => Promise<T | Refusal>,
): Promise<T | Refusal> {
  return unlessStorageFails(async () => {
    const cache = await openCache(workspace, config);
    if (isRefusal(cache)) return cache;
    try {
      return await work(cache);
    } finally {
      await cache.storage.close();
    }
  });
}

function noCache(caches: readonly SharedCacheConfig[]): Refusal {
  const what = caches.length === 0 ? "names no cache" : "names no cache that may be written";
  return refuse(
    "no_cache",
    `stepwell.yml ${what}`,
    "add it: cache: [{url: s3://bucket/stepwell, mode: read-write}]",
  );
}
