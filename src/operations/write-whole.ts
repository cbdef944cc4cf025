// Replaces a file of the user's whole or not at all; a link stays a link, permissions stay.

import fs from "node:fs";
import path from "node:path";
import { syncFolder } from "../ports/sync-folder.ts";
import { beside } from "./beside.ts";

export function writeWhole(file: string, text: string): void {
  const isNew = !fs.existsSync(file);
  const target = isNew ? file : fs.realpathSync(file);
  const partial = beside(target);
  const mode = isNew ? 0o644 : fs.statSync(target).mode;
  // Flushed: else a power cut may leave an empty file in place of the old one.
  fs.writeFileSync(partial, text, { mode, flush: true });
  fs.renameSync(partial, target);
  syncFolder(path.dirname(target));
}
