// Makes a fresh clone ready: the right Node, the packages of the lockfile, the bundle. Does nothing that is done already.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19))
  fail(`Node 20.19 or newer is needed; this is ${process.version}`);
if (process.platform === "win32") fail("use WSL 2 on Windows: wsl --install");

const lock = createHash("sha256")
  .update(fs.readFileSync(path.join(root, "package-lock.json")))
  .digest("hex");
const stamp = path.join(root, "node_modules", ".stepwell-lock");
if (!fs.existsSync(stamp) || fs.readFileSync(stamp, "utf8") !== lock) {
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
  fs.writeFileSync(stamp, lock);
}
run(process.execPath, [path.join(root, "scripts", "build.mjs"), "--if-stale"]);

function run(program, words) {
  const done = spawnSync(program, words, { cwd: root, stdio: ["ignore", 2, 2] });
  if (done.status !== 0)
    fail(`${program} ${words.join(" ")} ended with ${done.status ?? done.signal}`);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
