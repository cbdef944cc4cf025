// Opens the workspace for one piece of work and closes it whatever becomes of that.

import type { WhenMissing, Workspace } from "../operations/workspace.ts";
import type { Context } from "./context.ts";

export async function withWorkspace(
  context: Context,
  create: WhenMissing,
  work: (workspace: Workspace) => Promise<void>,
): Promise<void> {
  const workspace = await context.open({ create });
  try {
    await work(workspace);
  } finally {
    await workspace.close();
  }
}
