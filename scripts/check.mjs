// Everything that can be judged without running a pipeline: format and lint, types, dead code, core/ with the share of it
// that its tests reach, and the simulation of core and engine under injected faults. Stops at the first that fails, because the next would only repeat it.

import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const bin = (name) => path.join(root, "node_modules", ".bin", name);
const checks = [
  ["format and lint", bin("biome"), ["ci", "--error-on-warnings"]],
  ["types", bin("tsc"), ["-p", "tsconfig.json"]],
  ["dead code", bin("knip"), []],
  [
    "core and what its tests reach",
    bin("vitest"),
    ["run", "src/core", "--reporter=dot", "--coverage", "--coverage.reporter=text-summary"],
  ],
  [
    "simulation",
    process.execPath,
    [path.join(root, "scripts", "simulate.mjs"), "--seeds", "20000"],
  ],
];
for (const [title, program, words] of checks) {
  process.stdout.write(`check: ${title}\n`);
  const done = spawnSync(program, words, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (done.status !== 0) {
    process.stdout.write(`check: ${title} failed\n`);
    process.exit(1);
  }
}
