// Bundles the command line into dist/: one file for each program that is started by path. Fifty small modules would take
// 20 ms to find and load; one of a megabyte is compiled as it is used.

import { execFileSync } from "node:child_process";
import { hash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { builtinsOnce } from "./builtins-once.mjs";
import { freshFolder } from "./fresh-folder.mjs";
import { apart, leaveApart } from "./leave-apart.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const out = path.join(root, "dist");
const entries = {
  "node-supervisor": "src/computes/node-supervisor.ts",
  "content-worker": "src/storages/content-worker.ts",
  "file-thread": "src/datastores/file-thread.ts",
};
// What loads the rest when it is needed: the SDK its client, with which it shares classes; both, and the reader of modules,
// what makes programs of functions.
const libraries = {
  index: "src/sdk/index.ts",
  client: "src/client/client.ts",
  "read-module": "src/modules/read-module.ts",
};

if (
  process.argv.includes("--if-stale") &&
  newest(out) >
    Math.max(...["src", "library", "scripts"].map((name) => newest(path.join(root, name))))
)
  process.exit(0);

const { build } = await import("esbuild");
const fresh = freshFolder(out);
const settings = {
  absWorkingDir: root,
  outdir: fresh,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  minify: true,
  sourcemap: "linked",
  sourcesContent: false,
  // What is compiled for one machine is left out: ssh2 is as right without it.
  external: ["libsql", "tsx", "esbuild", "cpu-features", "*.node", "pg-native"],
  logLevel: "warning",
  banner: {
    js: 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);',
  },
};
// The second line of the command, a text and a comment to Node: glibc is not to keep what large pieces of memory left
// behind. No flag stands here: with one, Node would compile its own modules anew.
const START = `":" //; MALLOC_MMAP_THRESHOLD_=262144 exec node "$0" "$@"`;
// What V8 makes of a script can be kept, of a module it cannot.
await build({
  ...settings,
  entryPoints: { main: "src/cli/main.ts" },
  outExtension: { ".js": ".cjs" },
  format: "cjs",
  plugins: [leaveApart, builtinsOnce],
  define: { "import.meta.url": "__url" },
  banner: { js: 'const __url=require("node:url").pathToFileURL(__filename).href;' },
});
const main = leaveImportsToStarter(path.join(fresh, "main.cjs"));
await build({
  ...settings,
  entryPoints: { stepwell: "src/cli/start.ts" },
  define: { MAIN_ID: JSON.stringify(hash("sha256", main).slice(0, 16)) },
  banner: { js: START },
});
await build({ ...settings, entryPoints: entries, plugins: [leaveApart] });
await build({
  ...settings,
  entryPoints: apart,
  splitting: true,
  chunkNames: "apart/[name]-[hash]",
  // ssh2 asks where it lies, as packages do that are loaded by require.
  banner: { js: `${settings.banner.js}const __dirname=import.meta.dirname;` },
  // Megabytes of code of others, whose places no message of ours names.
  sourcemap: false,
});
await build({
  ...settings,
  entryPoints: libraries,
  plugins: [leaveApart],
  splitting: true,
  chunkNames: "[name]-[hash]",
  // Node shows the line that an error nobody catches was thrown at: not one of half a megabyte.
  minify: false,
});
await writeLibrary();
writeTypes();
await writeFunctionRuntime();
await writeSchemas();
fs.chmodSync(path.join(fresh, "stepwell.js"), 0o755);
fs.rmSync(out, { recursive: true, force: true });
fs.renameSync(fresh, out);

/** A script may not import(); what it is started with does that for it. The word is as long, so that the map stays right. */
function leaveImportsToStarter(file) {
  const script = fs.readFileSync(file, "utf8").replaceAll('import("./apart/', '__load("./apart/');
  // Regular expressions stay as they are written: they need \u escapes.
  const other = /[^\n]{0,40}[^\0-\x7f]/.exec(script);
  if (other !== null) throw new Error(`main.cjs is read as ASCII, and holds: ${other[0]}`);
  fs.writeFileSync(file, script);
  return script;
}

/**
 * The components that ship: their definitions, and each program with all that it needs in one file. Its bytes count in
 * fingerprints, so nothing of this machine may be in it.
 */
async function writeLibrary() {
  const library = path.join(root, "library");
  const entryPoints = {};
  for (const name of fs.readdirSync(library).filter((one) => one !== "runtime")) {
    const folder = path.join(fresh, "library", name);
    fs.mkdirSync(folder, { recursive: true });
    for (const file of fs
      .readdirSync(path.join(library, name))
      .filter((one) => one.endsWith(".yml")))
      fs.copyFileSync(path.join(library, name, file), path.join(folder, file));
    const program = path.join(library, name, `${name}.ts`);
    if (fs.existsSync(program)) entryPoints[`library/${name}/step`] = program;
  }
  await build({
    ...settings,
    entryPoints,
    outExtension: { ".js": ".mjs" },
    sourcemap: false,
    keepNames: false,
    legalComments: "none",
  });
}

/** What an editor knows of the SDK. Only where the compiler is: a package is made by a clone, and runs without it. */
function writeTypes() {
  const compiler = path.join(root, "node_modules", "typescript", "bin", "tsc");
  const words = ["-p", "tsconfig.sdk.json", "--outDir", path.join(fresh, "types")];
  execFileSync(process.execPath, [compiler, ...words], { cwd: root, stdio: "inherit" });
  keepReachable(path.join(fresh, "types"), "sdk/index.d.ts");
}

/** The compiler also writes what the SDK loads later, of which its types say nothing. */
function keepReachable(folder, first) {
  const reached = new Set([first]);
  for (const name of reached) {
    const text = fs.readFileSync(path.join(folder, name), "utf8");
    for (const [, to] of text.matchAll(/(?:from|import\()\s*"(\.[^"]+)\.ts"/g))
      reached.add(path.join(path.dirname(name), `${to}.d.ts`));
  }
  for (const name of fs.readdirSync(folder, { recursive: true, encoding: "utf8" }))
    if (name.endsWith(".d.ts") && !reached.has(name)) fs.rmSync(path.join(folder, name));
  for (const name of fs.readdirSync(folder))
    if (![...reached].some((one) => one.startsWith(`${name}/`)))
      fs.rmSync(path.join(folder, name), { recursive: true });
}

/** What is ours in every program of a function step: made here, so that all of them have the same text. */
async function writeFunctionRuntime() {
  const { tsImport } = await import("tsx/esm/api");
  const { buildRuntime } = await tsImport("../src/functions/runtime-text.ts", import.meta.url);
  const source = path.join(root, "src/functions/runtime/step-runtime.ts");
  fs.writeFileSync(path.join(fresh, "function-runtime.txt"), await buildRuntime(source));
}

/** Editor schemas from the field tables: files of the package, kept in git so that a diff shows what changed. */
async function writeSchemas() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["src/spec/json-schema.ts"],
    write: false,
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "warning",
  });
  const text = Buffer.from(outputFiles[0].text).toString("base64");
  const { SCHEMA_KINDS, schemaFor } = await import(`data:text/javascript;base64,${text}`);
  fs.mkdirSync(path.join(root, "schemas"), { recursive: true });
  for (const kind of SCHEMA_KINDS) {
    const file = path.join(root, "schemas", `${kind}.json`);
    const body = `${JSON.stringify(schemaFor(kind), null, 1)}\n`;
    if (!fs.existsSync(file) || fs.readFileSync(file, "utf8") !== body)
      fs.writeFileSync(file, body);
  }
}

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
