// Sees a run through in this process, from its submit on, whether anybody waits for it or not.

import { driveRun } from "../operations/runs/drive-run.ts";
import { WorkspaceGone } from "../operations/workspace-gone.ts";
import { type Home, say } from "./home.ts";

export interface Driver {
  /** Resolves when the run has its end and everyone has been told; rejects when this process cannot go on with it. */
  readonly ended: Promise<void>;
}

export function drive(home: Home, run: string): Driver {
  const ended = seeThrough(home, run);
  // Whoever waits is told; where nobody does, the process must not die of it, nor be silent.
  ended.catch((error: unknown) => {
    const way =
      error instanceof WorkspaceGone ? "" : `\n  go on with it: stepwell run --resume ${run}`;
    process.stderr.write(
      `stepwell: ${run} does not go on in this process: ${(error as Error).message}${way}\n`,
    );
  });
  return { ended };
}

async function seeThrough(home: Home, run: string): Promise<void> {
  const workspace = await home.open();
  try {
    await driveRun(workspace, { run, follow: null, onNotice: say });
  } finally {
    await workspace.close();
  }
}
