// Reads definitions from the disk, for tests that need real files. Has no registered components.

import { readFileSync, statSync } from "node:fs";
import type { SpecReader } from "../../spec/reader.ts";

export const folderReader: SpecReader = {
  readText(path) {
    try {
      return { ok: true, text: readFileSync(path, "utf8") };
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    }
  },
  kind(path) {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return null;
    return stats.isDirectory() ? "folder" : "file";
  },
  component: () => null,
};
