// Keys of the user's own, outside of every workspace: made at their first use, readable by nobody else.

import fs from "node:fs";
import path from "node:path";
import { makeable } from "../ports/make-folders.ts";
import { syncFolder } from "../ports/sync-folder.ts";
import { beside, removeLeftBeside } from "./beside.ts";
import { homeFolder } from "./user-cache.ts";
import type { Workspace } from "./workspace.ts";

export function userKeyFile(shell: Workspace["shell"], name: string): string {
  const base = shell.XDG_CONFIG_HOME || path.join(homeFolder(), ".config");
  return path.join(base, "stepwell", name);
}

/** Whole or not at all, and only once: the first of two at once wins. Durable: what it seals is, too. */
export function makeUserKey(file: string, make: () => string): void {
  removeLeftBeside(file);
  if (fs.existsSync(file)) return;
  fs.mkdirSync(makeable(path.dirname(file)), { recursive: true, mode: 0o700 });
  const fresh = beside(file);
  fs.writeFileSync(fresh, make(), { mode: 0o600, flush: true });
  try {
    fs.linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    fs.rmSync(fresh, { force: true });
  }
  for (const folder of [path.dirname(file), path.dirname(path.dirname(file))]) syncFolder(folder);
}
