// The seal of data: by it, the very same unaltered files are recognised with one stat each. Knows nothing of content.

import { hash } from "node:crypto";
import type { Listed } from "./walk.ts";

/** Equal for the same files with the same sizes, times and names; `entries` in tree order. */
export function sealOf(entries: readonly Listed[]): string {
  let text = "";
  for (const entry of entries) {
    switch (entry.type) {
      case "file":
        text += `${entry.path}\0${entry.inode} ${entry.size} ${entry.mtimeMs} ${entry.ctimeMs} ${entry.executable ? 1 : 0}\0`;
        break;
      case "link":
        text += `${entry.path}\0l ${entry.target}\0`;
        break;
      case "folder":
        text += `${entry.path}\0d\0`;
        break;
      default:
        entry satisfies never;
    }
  }
  return hash("sha256", text);
}
