// Bundles the command line into dist/: one file for each program that is started by path. Fifty small modules would take
// 20 ms to find and load; one of half a megabyte is compiled as it is used.

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const out = path.join(root, "dist");
const entries = {
  stepwell: "src/cli/main.ts",
  "node-supervisor": "src/computes/node-supervisor.ts",
  "content-worker": "src/storages/content-worker.ts",
};

if (
  process.argv.includes("--if-stale") &&
  newest(out) > Math.max(newest(path.join(root, "src")), newest(path.join(root, "scripts")))
)
  process.exit(0);

const { build } = await import("esbuild");
const fresh = `${out}.${process.pid}`;
await build({
  absWorkingDir: root,
  entryPoints: entries,
  outdir: fresh,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  minify: true,
  keepNames: true,
  sourcemap: "linked",
  sourcesContent: false,
  external: ["libsql"],
  logLevel: "warning",
  banner: {
    js: 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);',
  },
});
fs.chmodSync(path.join(fresh, "stepwell.js"), 0o755);
fs.rmSync(out, { recursive: true, force: true });
fs.renameSync(fresh, out);

/** Time of the newest file; 0 when there is none. */
function newest(folder) {
  if (!fs.existsSync(folder)) return 0;
  let latest = 0;
  for (const name of fs.readdirSync(folder, { recursive: true })) {
    const stat = fs.statSync(path.join(folder, String(name)));
    if (stat.isFile()) latest = Math.max(latest, stat.mtimeMs);
  }
  return latest;
}
