// What the steps of one engine share, as `stepwell.yml` says now: somebody may edit it and submit a run to the engine that is
// there already. Looks at the file's seal, and reads it only when that has changed.

import fs from "node:fs";
import path from "node:path";
import type { Supply } from "../../core/schedule.ts";
import type { WorkspaceConfig } from "../../spec/workspace-config.ts";
import { capacityOf, engineSupply } from "../machine-capacity.ts";
import { readConfig } from "../read-config.ts";
import { isRefusal } from "../refusal.ts";

/** `config`: what was read at the beginning; it counts on while the file has mistakes. */
export function supplyNow(
  folder: string,
  config: WorkspaceConfig,
  shell: Readonly<Record<string, string | undefined>>,
): () => Supply {
  const of = (one: WorkspaceConfig): Supply =>
    engineSupply({ config: one, capacity: (name) => capacityOf(one, name, shell) });
  let seal = sealOf(folder);
  let supply: Supply | null = null;
  return () => {
    const current = sealOf(folder);
    if (supply !== null && current === seal) return supply;
    const read = current === seal ? config : readConfig(folder);
    seal = current;
    supply = isRefusal(read) ? (supply ?? of(config)) : of(read);
    return supply;
  };
}

function sealOf(folder: string): string {
  const stats = fs.statSync(path.join(folder, "stepwell.yml"), { throwIfNoEntry: false });
  return stats === undefined ? "" : [stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join();
}
