// Builds the simulation and plays seeds: `--seeds N`, `--from S`, `--seed S` to replay one, `--plant NAME` to prove that
// an invariant can fail.

import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const program = path.join(root, "node_modules", ".cache", "simulate.mjs");
await build({
  absWorkingDir: root,
  entryPoints: ["src/testing/simulation/simulate.program.ts"],
  outfile: program,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  external: ["libsql"],
  logLevel: "warning",
});
const done = spawnSync(process.execPath, [program, ...process.argv.slice(2)], { stdio: "inherit" });
process.exit(done.status ?? 1);
