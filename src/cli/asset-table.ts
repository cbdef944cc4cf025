// The table of registered assets for a person. On a terminal, of many every name is shown with its newest version, and how many there are.

import type { AssetRow } from "../ports/records.ts";
import { table } from "./format.ts";
import { mostShown, noteMore } from "./most-shown.ts";
import type { Terminal } from "./terminal.ts";

/** `assets`: by name, and of one name the newest first. `hint`: how to see the rest. */
export function printAssets(terminal: Terminal, assets: readonly AssetRow[], hint: string): void {
  const shown = shownAssets(assets, mostShown(terminal));
  terminal.out(table([["NAME", "VERSION", "CREATED (UTC)", "BY", "FROM"], ...shown.map(cells)]));
  noteMore(terminal, assets.length - shown.length, "versions", hint);
}

/** Of one name the newest; of several of each one, and only so many names. */
function shownAssets(assets: readonly AssetRow[], most: number): readonly AssetRow[] {
  if (assets.length <= most) return assets;
  const newest = assets.filter((row, index) => row.name !== assets[index - 1]?.name);
  return (newest.length === 1 ? assets : newest).slice(0, most);
}

function cells(row: AssetRow): readonly string[] {
  return [
    row.name,
    row.archived ? `${row.version} (archived)` : row.version,
    new Date(row.createdAt).toISOString().slice(0, 16).replace("T", " "),
    row.createdBy,
    row.run ?? "",
  ];
}
