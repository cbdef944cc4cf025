// Results of others whose bytes may lie in a cache alone: whether they are still to be had, as far as that was found out.

import type { ResultRow } from "../ports/records.ts";
import type { SharedPort } from "./engine-ports.ts";

/** Its bytes may be in a cache alone. */
export function isOfOthers({ result }: Pick<ResultRow, "result">): boolean {
  return Object.values(result.outputs).some((record) => record.shared === true);
}

/** `gone from the cache s3://x`: a result whose bytes are neither here nor there any more; else null. */
export function goneBytes(
  { shared }: { readonly shared: Pick<SharedPort, "gone"> | null },
  { result }: Pick<ResultRow, "result">,
): string | null {
  for (const record of Object.values(result.outputs)) {
    const gone = shared?.gone(record) ?? null;
    if (gone !== null) return gone;
  }
  return null;
}
