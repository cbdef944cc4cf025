// Where a user's caches lie: environments, downloaded programs, compiled code. Shared by workspaces.

import os from "node:os";
import path from "node:path";

export function cacheFolder(shell: Readonly<Record<string, string | undefined>>): string {
  const base = shell.XDG_CACHE_HOME || path.join(os.homedir(), ".cache");
  return shell.STEPWELL_CACHE_DIR || path.join(base, "stepwell");
}
