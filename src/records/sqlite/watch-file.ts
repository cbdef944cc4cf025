// Tells whether a path still leads to the file that was opened by it. SQLite goes on with a file that has no name any
// more, and whatever it writes there goes when it is closed. Opens nothing: closing it would give up SQLite's locks.

import { statSync } from "node:fs";

/** From now on; a file that cannot be looked at is there. */
export function watchFile(path: string): () => boolean {
  const before = look(path);
  return () => {
    if (before === "unknown") return false;
    const now = look(path);
    if (typeof now === "string") return now === "gone";
    return before === "gone" || now.ino !== before.ino || now.dev !== before.dev;
  };
}

function look(path: string): { readonly ino: bigint; readonly dev: bigint } | "gone" | "unknown" {
  try {
    return statSync(path, { bigint: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" ? "gone" : "unknown";
  }
}
