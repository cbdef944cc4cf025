// `stepwell demo`: a real pipeline on real data, run, run again, edited, planned, run, explained. Each command is printed
// before it runs. The second time it goes on in the same folder with new edits.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { shellWord } from "../../core/shell-word.ts";
import { packageFile } from "../../operations/package-file.ts";
import { refuse } from "../../operations/refusal.ts";
import { makeFolders } from "../../ports/make-folders.ts";
import { readText } from "../../ports/read-file.ts";
import type { Context } from "../context.ts";

const FOLDER = "stepwell-demo";

export function define(command: Command, context: Context): void {
  command
    .argument("[folder]", "where it goes, and stays to be edited", FOLDER)
    .addHelpText("after", "\nExample:\n  stepwell demo")
    .action((word: string) => runDemo(context, path.resolve(context.currentFolder, word)));
}

function runDemo(context: Context, folder: string): void {
  const say = (text: string): void => context.terminal.out(`\n${text}`);
  const isNew = copyProject(context, folder);
  const stepwell = (...words: readonly string[]): string => runShown(context, folder, words);
  say(
    `The pipeline lies in ${folder}: prepare → train → evaluate → report, and describe beside it.`,
  );
  if (isNew) {
    say("Run it. The first run makes the Python environment, which takes a minute.");
    stepwell("run", "pipeline.yml");
  }
  say("Run it again: nothing has changed, so nothing runs.");
  stepwell("run", "pipeline.yml");

  say("Change one line in features.py, a helper that train.py imports:");
  const features = path.join(folder, "train", "features.py");
  edit(context, features, /COLUMNS = (\d+)/, (count) => `COLUMNS = ${(Number(count) % 30) + 1}`);
  say("What would run, and why?");
  stepwell("plan", "pipeline.yml");
  const changed = stepwell("run", "pipeline.yml");
  say("Why did train run?");
  stepwell("why", changed, "train");

  say(
    "Add a comment to train.py: train runs again, makes the same bytes, and nothing below it runs.",
  );
  const train = path.join(folder, "train", "train.py");
  edit(context, train, /\nrows = /, () => `\n# note ${Date.now()}\nrows = `);
  stepwell("run", "pipeline.yml");

  say("Change a parameter for one run:");
  // Each run of the demo another number; the first one gives other scores, by test.
  const trees = isNew ? 20 : 40 + (Math.floor(Date.now() / 1000) % 200);
  stepwell("run", "pipeline.yml", "--set", `jobs.train.inputs.trees=${trees}`);

  say(`Done. Everything is in ${folder}.`);
  const there = path.relative(context.currentFolder, folder) || ".";
  say(`Try: cd ${shellWord(there)} && ${ownName(folder)} show ${changed}`);
}

/** True when it was not there yet. A folder of something else is left alone. */
function copyProject(context: Context, folder: string): boolean {
  if (fs.existsSync(path.join(folder, "pipeline.yml"))) {
    const ours = fs.existsSync(path.join(folder, "train", "features.py"));
    if (ours) return false;
    const hint = "name another folder: stepwell demo FOLDER";
    context.refuse(refuse("already_there", `${folder} holds another pipeline`, hint));
  }
  const project = packageFile(path.join("demo", "project"));
  makeFolders(folder);
  // Not with cpSync: what an installer made read-only is to be edited here.
  for (const name of fs.readdirSync(project, { recursive: true }).map(String)) {
    const source = path.join(project, name);
    if (fs.statSync(source).isDirectory())
      fs.mkdirSync(path.join(folder, name), { recursive: true });
    else {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), fs.readFileSync(source));
    }
  }
  return true;
}

/** Runs the real command line as a user would and answers with the name of the run that it printed. */
function runShown(context: Context, folder: string, words: readonly string[]): string {
  const { terminal } = context;
  terminal.out(`\n$ stepwell ${words.join(" ")}`);
  const program = [...process.execArgv, process.argv[1] ?? "", ...words];
  const done = spawnSync(process.execPath, program, {
    cwd: folder,
    env: { ...context.shell, STEPWELL_WORKSPACE: folder },
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  if (done.stdout !== "") terminal.out(done.stdout);
  if (done.status !== 0) {
    terminal.note(`stepwell ended with ${done.status ?? done.signal}`);
    context.exit(1);
  }
  return done.stdout.trim().split("\n").at(-1)?.split(" ")[0] ?? "";
}

/** Changes one place of a file and shows the line as a diff would. */
function edit(
  context: Context,
  file: string,
  pattern: RegExp,
  change: (group: string) => string,
): void {
  const before = readText(file);
  const after = before.replace(pattern, (_, group: string) => change(group));
  fs.writeFileSync(file, after);
  const old = new Set(before.split("\n"));
  const now = new Set(after.split("\n"));
  for (const line of before.split("\n")) if (!now.has(line)) context.terminal.out(`  - ${line}`);
  for (const line of after.split("\n")) if (!old.has(line)) context.terminal.out(`  + ${line}`);
}

/** `stepwell` where it is installed, else how this very program is called from that folder. */
function ownName(folder: string): string {
  const program = process.argv[1] ?? "";
  if (path.basename(program) === "stepwell" || process.env.STEPWELL_LAUNCHER) return "stepwell";
  return `node ${shellWord(path.relative(folder, program))}`;
}
