// Words for Node that start one of our own programs, whether we run from sources or from the built package.

import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** `source` from this folder; `built` lies beside every bundle. From sources it needs the loader that strips types. */
export function ownProgram(source: string, built: string): readonly string[] {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const file = path.join(here, source);
  if (!fs.existsSync(file)) return ["--no-warnings", path.join(here, built)];
  const loader = createRequire(import.meta.url).resolve("tsx");
  return ["--no-warnings", "--import", pathToFileURL(loader).href, file];
}
