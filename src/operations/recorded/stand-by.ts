// Waits beside the engine that there is, as long as detached runs count on it: it may be the process of somebody's own run,
// whose terminal can be closed at any time. One process of a workspace does so.

import fs from "node:fs";
import type { ProcessIdentity } from "../../core/attempt.ts";
import { readText } from "../../ports/read-file.ts";
import { beside } from "../beside.ts";
import { places, type Workspace } from "../workspace.ts";

type Seen = Pick<Workspace, "folder" | "process">;

/** How often it tries to become the engine. */
const TRY_MS = 500;

/** `lead`: is the engine until nothing is left to do ("done"), or finds that somebody else is. */
export async function leadOrStandBy(
  workspace: Workspace,
  lead: () => Promise<"done" | "held">,
): Promise<void> {
  // After each stand-by once more: engines of runs submitted meanwhile saw us there, and left.
  while ((await lead()) === "held") {
    if (standsBy(workspace, "other") || !(await isNeeded(workspace))) return;
    write(workspace);
    do await pause();
    while (
      !standsBy(workspace, "other") &&
      (await isNeeded(workspace)) &&
      (await lead()) === "held"
    );
    if (standsBy(workspace, "self")) fs.rmSync(places.standBy(workspace.folder), { force: true });
  }
}

/** A living process will be the engine when there is none. */
export function isStoodBy(workspace: Seen): boolean {
  const there = read(workspace);
  return there !== null && workspace.process.isAlive(there);
}

function standsBy(workspace: Workspace, who: "self" | "other"): boolean {
  const there = read(workspace);
  if (there === null) return false;
  const { pid, startTime } = workspace.self();
  const isSelf = there.pid === pid && there.startTime === startTime;
  return who === "self" ? isSelf : !isSelf && workspace.process.isAlive(there);
}

/** False also in a workspace that was removed or moved away. */
async function isNeeded({ folder, records }: Workspace): Promise<boolean> {
  if (!fs.existsSync(places.database(folder))) return false;
  return (await records.openRuns()).some((row) => row.detached);
}

/** Null: nobody, or one of a workspace that this one is a copy of. */
function read({ folder }: Seen): ProcessIdentity | null {
  try {
    const text = readText(places.standBy(folder));
    const { of, process } = JSON.parse(text) as { of: string; process: ProcessIdentity };
    return of === folder ? process : null;
  } catch {
    return null;
  }
}

/** On a full disk it stands by all the same, perhaps beside others. */
function write(workspace: Workspace): void {
  const file = places.standBy(workspace.folder);
  try {
    const partial = beside(file);
    fs.writeFileSync(partial, JSON.stringify({ of: workspace.folder, process: workspace.self() }));
    fs.renameSync(partial, file);
  } catch {
    return;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, TRY_MS));
}
