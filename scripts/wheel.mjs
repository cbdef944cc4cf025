// Makes the Python wheel, which carries the bundled command line: `npm run wheel [-- FOLDER]`, by default into ./wheels.

import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const out = path.resolve(process.argv[2] ?? path.join(root, "wheels"));

run(process.execPath, [path.join(root, "scripts", "build.mjs"), "--if-stale"]);
run("python3", [
  ...["-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"],
  ...["--wheel-dir", out, path.join(root, "python")],
]);

function run(program, words) {
  const done = spawnSync(program, words, { cwd: root, stdio: ["ignore", 2, 2] });
  if (done.status === 0) return;
  process.stderr.write(`${program} ${words.join(" ")} ended with ${done.status ?? done.signal}\n`);
  process.exit(1);
}
