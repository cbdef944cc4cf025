// Finds what lies in our own package beside the program: the demo, the Python programs. The same from sources, from the
// built package and from a wheel.

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of a file or folder of the package. */
export function packageFile(relative: string): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = path.join(folder, relative);
    if (fs.existsSync(candidate)) return candidate;
    const above = path.dirname(folder);
    if (above === folder) throw new Error(`the package has no ${relative}`);
    folder = above;
  }
}
