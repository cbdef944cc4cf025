// Builds a program of ours for a test that runs it as a process of its own: it then starts ten times faster than from
// sources. Inside the repository, so that it finds what lies beside the sources.

import { renameSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

/** `source` relative to `src/`; gives the path of the built file. */
export function builtProgram(source: string): string {
  const name = basename(source, ".ts");
  const folder = fileURLToPath(new URL("../../node_modules/.cache/test-programs", import.meta.url));
  // Several test files build the same program at once: each renames its own whole file into place.
  const outfile = join(folder, `${name}-${process.pid}.mjs`);
  const built = join(folder, `${name}.mjs`);
  buildSync({
    entryPoints: [fileURLToPath(new URL(`../${source}`, import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    // `require` for the packages that still use it.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  });
  renameSync(outfile, built);
  return built;
}
