// An asset as JSON shows it.

import type { AssetRow } from "../ports/records.ts";

export function assetView(asset: AssetRow): object {
  return {
    ...asset,
    createdAt: new Date(asset.createdAt).toISOString(),
    definition: JSON.parse(asset.definition) as unknown,
  };
}
