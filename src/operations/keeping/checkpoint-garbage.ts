// Which checkpoints nobody will continue from: those of steps that were not tried again for long, and what was thrown away
// and not deleted.

import fs from "node:fs";
import path from "node:path";
import { readText } from "../../ports/read-file.ts";
import { namesIn } from "../names-in.ts";
import { places, type Workspace } from "../workspace.ts";

const UNUSED_MS = 30 * 24 * 60 * 60_000;

/** Folders, each with the file beside it. `isOpen`: attempts that may go on. `unusedMs`: null for the usual time. */
export function unusedCheckpoints(
  workspace: Pick<Workspace, "folder" | "clock">,
  isOpen: (attemptId: string) => boolean,
  unusedMs: number | null,
): readonly string[] {
  const root = places.checkpoints(workspace.folder);
  const since = workspace.clock.now() - (unusedMs ?? UNUSED_MS);
  return namesIn(root)
    .filter((name) => !name.endsWith(".json"))
    .flatMap((name) => {
      const folder = path.join(root, name);
      if (name.startsWith(".")) return [folder];
      const mark = `${folder}.json`;
      const isUsed = usedAt(folder) >= since || usedAt(mark) >= since || isOpen(holderOf(mark));
      return isUsed ? [] : [folder, mark];
    });
}

/** Files are replaced at the top of a folder, or in one that is made there. */
function usedAt(at: string): number {
  return fs.statSync(at, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function holderOf(mark: string): string {
  try {
    return (JSON.parse(readText(mark)) as { attemptId: string }).attemptId;
  } catch {
    return "";
  }
}
