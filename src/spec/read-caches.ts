// Reads `cache` of `stepwell.yml`: places where results are shared with others, and whose results count. Never looks whether
// a place can be reached.

import { addressSecretIn } from "./address-secret.ts";
import { parseCloudAddress } from "./cloud-address.ts";
import { parseDataReference } from "./data-reference.ts";
import type { DataReference } from "./graph.ts";
import type { Problem } from "./problem.ts";
import { problemAt } from "./problem-at.ts";
import { getSet, getText, type TreeMapping, textOf } from "./tree.ts";

export interface SharedCacheConfig {
  readonly place: DataReference;
  /** As it was written. */
  readonly url: string;
  readonly mayWrite: boolean;
  /** `ed25519:…`; the own key counts without standing here. */
  readonly trust: readonly string[];
}

/** Reports each place that can hold no cache, and leaves it out. */
export function readCaches(
  root: TreeMapping,
  folder: string,
  problems: Problem[],
): readonly SharedCacheConfig[] {
  const list = getSet(root, "cache");
  if (list?.kind !== "list") return [];
  return list.items.flatMap((item): SharedCacheConfig[] => {
    const url = getText(item, "url");
    if (item.kind !== "mapping" || url === null) return [];
    const mistake = (message: string, hint: string): SharedCacheConfig[] => {
      problems.push(problemAt(getSet(item, "url") ?? item, "bad_cache", message, hint));
      return [];
    };
    const secret = addressSecretIn(url, "the address of a cache");
    if (secret !== null) return mistake(secret.message, PLACES);
    const place = placeOf(url, folder);
    if (typeof place === "string") return mistake(place, PLACES);
    const keys = getSet(item, "trust");
    const trust = keys?.kind === "list" ? keys.items.flatMap((key) => textOf(key) ?? []) : [];
    const bad = trust.find((key) => !/^ed25519:[A-Za-z0-9_-]{43}$/.test(key));
    if (bad !== undefined)
      return mistake(`\`${bad}\` is not a public key`, "Write what `stepwell cache key` prints.");
    return [{ place, url, mayWrite: getText(item, "mode") === "read-write", trust }];
  });
}

const PLACES = "Write a folder, `s3://BUCKET/PATH` or `azureml://datastores/NAME/paths/PATH`.";

/** What is wrong with it, in a sentence, where it can be no place of a cache. */
function placeOf(url: string, folder: string): DataReference | string {
  const parsed = parseDataReference(url, folder);
  if ("mistake" in parsed) return parsed.mistake;
  const { reference } = parsed;
  if (reference.kind === "asset" || reference.kind === "run_output")
    return "an asset or output cannot hold a cache";
  if (reference.kind === "url" && parseCloudAddress(url) === null)
    return `\`${url}\` is no bucket or container that could hold a cache`;
  return reference;
}
