// Runs the demo in a fresh folder and writes what a reader needs of it into README.md, between the transcript marks.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-transcript-")), "demo");
const done = spawnSync(
  "sh",
  ["-c", 'exec "$0" dist/stepwell.js demo "$1" 2>&1', process.execPath, folder],
  {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1" },
    encoding: "utf8",
  },
);
if (done.status !== 0) throw new Error(done.stdout);
const from = done.stdout.indexOf("\nRun it again");
const to = done.stdout.indexOf("\nDone.");
const text = done.stdout
  .slice(from, to)
  .replaceAll(folder, "stepwell-demo")
  .split("\n")
  .filter((line) => !/^(metrics| {2}evaluate\.|run tumours)/.test(line))
  .join("\n")
  .trim();
const readme = path.join(root, "README.md");
const before = fs.readFileSync(readme, "utf8");
const marked = /(<!-- transcript -->\n)[\s\S]*(<!-- \/transcript -->)/;
fs.writeFileSync(
  readme,
  before.replace(marked, (_, a, b) => `${a}\`\`\`\n${text}\n\`\`\`\n${b}`),
);
