// The demo: a real pipeline on real data, run, run again, edited, planned, run, explained. Each command is printed
// before it runs. The second time it goes on in the same folder with new edits.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = path.resolve(process.env.STEPWELL_DEMO_FOLDER ?? path.join(root, "stepwell-demo"));
const cli = path.join(root, "dist", "stepwell.js");
const features = path.join(folder, "train", "features.py");
const train = path.join(folder, "train", "train.py");
const isNew = !fs.existsSync(path.join(folder, "pipeline.yml"));

if (isNew) fs.cpSync(path.join(root, "demo", "project"), folder, { recursive: true });
say(`The pipeline lies in ${folder}: prepare → train → evaluate → report, and describe beside it.`);

if (isNew) {
  say("Run it. The first run makes the Python environment, which takes a minute.");
  stepwell("run", "pipeline.yml");
}
say("Run it again: nothing has changed, so nothing runs.");
stepwell("run", "pipeline.yml");

say("Change one line in features.py, a helper that train.py imports:");
edit(features, /COLUMNS = (\d+)/, (_, count) => `COLUMNS = ${(Number(count) % 30) + 1}`);
say("What would run, and why?");
stepwell("plan", "pipeline.yml");
const changed = stepwell("run", "pipeline.yml");
say("Why did train run?");
stepwell("why", changed, "train");

say(
  "Add a comment to train.py: train runs again, makes the same bytes, and nothing below it runs.",
);
edit(train, /\nrows = /, () => `\n# note ${Date.now()}\nrows = `);
stepwell("run", "pipeline.yml");

say("Change a parameter for one run:");
const trees = 40 + (Math.floor(Date.now() / 1000) % 200);
stepwell("run", "pipeline.yml", "--set", `jobs.train.inputs.trees=${trees}`);

say(`Done. Everything is in ${folder}.`);
say(
  `Try: cd ${path.relative(process.cwd(), folder) || "."} && node ${path.relative(folder, cli)} show ${changed}`,
);

/** Runs the real command line as a user would and answers with the name of the run that it printed. */
function stepwell(...words) {
  process.stdout.write(`\n$ stepwell ${words.join(" ")}\n`);
  const done = spawnSync(process.execPath, [cli, ...words], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  process.stdout.write(done.stdout);
  if (done.status !== 0) {
    process.stderr.write(`stepwell ended with ${done.status ?? done.signal}\n`);
    process.exit(1);
  }
  return done.stdout.trim().split("\n").at(-1)?.split(" ")[0] ?? "";
}

/** Changes one place of a file and shows the line as a diff would. */
function edit(file, pattern, change) {
  const before = fs.readFileSync(file, "utf8");
  const after = before.replace(pattern, change);
  fs.writeFileSync(file, after);
  const old = new Set(before.split("\n"));
  const now = new Set(after.split("\n"));
  for (const line of before.split("\n")) if (!now.has(line)) process.stdout.write(`  - ${line}\n`);
  for (const line of after.split("\n")) if (!old.has(line)) process.stdout.write(`  + ${line}\n`);
}

function say(text) {
  process.stdout.write(`\n${text}\n`);
}
