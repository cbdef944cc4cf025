// Where the repository lies, and the pages that it shows to readers.

import fs from "node:fs";
import path from "node:path";

export const ROOT = path.resolve(import.meta.dirname, "../..");

/** Every Markdown page outside of `src/`, by its path in the repository. */
export function pages(): readonly string[] {
  const atRoot = fs.readdirSync(ROOT).filter((name) => name.endsWith(".md"));
  const inside = ["docs", "examples", "python"].flatMap((folder) =>
    fs
      .readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md") && !name.includes("node_modules"))
      .map((name) => path.join(folder, name)),
  );
  return [...atRoot, ...inside];
}
