// Where a user's own files lie: the home, and caches of environments, downloaded programs and packages, compiled code.
// Shared by workspaces. A user without a home that can be written (`docker run --user`, `sudo -u`) has the caches in a
// folder of the machine's temporary files.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { makeable, takesFolders } from "../ports/make-folders.ts";

type Shell = Readonly<Record<string, string | undefined>>;

/** `/` for a user whom the machine does not know and whose HOME is not set. An empty or relative HOME names no place. */
export function homeFolder(): string {
  try {
    const home = os.homedir();
    return path.isAbsolute(home) ? home : os.userInfo().homedir;
  } catch {
    return "/";
  }
}

export function cacheFolder(shell: Shell): string {
  if (shell.STEPWELL_CACHE_DIR) return makeable(path.resolve(shell.STEPWELL_CACHE_DIR));
  const wanted = usualPlace(shell, "stepwell");
  return canBeWritten(wanted) ? wanted : (temporaryFolder() ?? wanted);
}

/** What uv is run with: where it cannot write to a cache of its own it does nothing at all, so it gets a place in ours. */
export function withUvCache(shell: Shell): Shell {
  if (shell.UV_CACHE_DIR || canBeWritten(usualPlace(shell, "uv"))) return shell;
  return { ...shell, UV_CACHE_DIR: path.join(cacheFolder(shell), "uv") };
}

function usualPlace(shell: Shell, program: string): string {
  return path.resolve(shell.XDG_CACHE_HOME || path.join(homeFolder(), ".cache"), program);
}

/** Now, or once it has been made. */
function canBeWritten(folder: string): boolean {
  const wanted = path.resolve(folder);
  for (let at = wanted; ; at = path.dirname(at)) {
    try {
      fs.accessSync(at, fs.constants.W_OK | fs.constants.X_OK);
      return at === wanted || takesFolders(at);
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
      if (!isMissing || at === path.dirname(at)) return false;
    }
  }
}

/** Null when it cannot be made, or is not this user's alone: its content is run. */
function temporaryFolder(): string | null {
  const user = process.getuid?.();
  if (user === undefined) return null;
  const temporary = [os.tmpdir(), "/tmp"].find((place) => fs.existsSync(place));
  if (temporary === undefined) return null;
  const folder = path.join(temporary, `stepwell-cache-${user}`);
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stats = fs.lstatSync(folder);
    const isOurs = stats.isDirectory() && stats.uid === user && (stats.mode & 0o077) === 0;
    return isOurs ? folder : null;
  } catch {
    return null;
  }
}
