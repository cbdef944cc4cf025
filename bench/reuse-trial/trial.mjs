// The trial of one system: run once, then seven edits, each followed by a run. A ledger that the steps themselves write
// says which of them ran; the value that the second step made says whether the answer is right. Knows no system.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { lastLine } from "./environments.mjs";
import { runBounded } from "./run-bounded.mjs";

const RUN_MS = 3 * 60_000;

/**
 * Step 1 makes `helper(x) * factor`, step 2 doubles it. `x` begins as 1 and is read from a file where the system has files
 * as inputs; `factor` is a parameter; `helper` adds 1 and lies in a file that step 1 imports. Edits add up, the most
 * telling one is last, so that a stale answer spoils no other column.
 */
export const EDITS = [
  { title: "nothing", ideal: "0", make: () => {} },
  {
    title: "a comment in step 1",
    ideal: "0, or 1",
    make: ({ change, system }) =>
      change(system.stepFile, /^( *)value = /m, (_, indent) => `${indent}# a comment\n${_}`),
  },
  {
    title: "other code in step 1, same result",
    ideal: "1",
    make: ({ change, system }) =>
      change(system.stepFile, "helper(x) * factor", "factor * helper(x)"),
  },
  { title: "input file touched", ideal: "0", needsFile: true, make: ({ touch }) => touch() },
  {
    title: "input file changed",
    ideal: "1+2",
    needsFile: true,
    make: ({ change, state }) => {
      change("data.txt", "1", "2");
      state.x = 2;
    },
  },
  {
    title: "parameter changed",
    ideal: "1+2",
    make: ({ change, system, state }) => {
      const { file, from, to } = system.parameter;
      change(file, from, to);
      state.factor = 3;
    },
  },
  {
    title: "helper changed",
    ideal: "1+2",
    make: ({ change, system, state }) => {
      change(system.helperFile, "x + 1", "x + 100");
      state.add = 100;
    },
  },
];

/** One cell for each edit: `{ran, value, right}`, `{missing: true}` or `{failed}`. */
export async function tryVariant({ system, variant, environment, say }) {
  const parent = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "reuse-trial-")));
  const folder = path.join(parent, "project");
  const ledger = path.join(parent, "ledger");
  const trial = { system, variant, environment, folder, ledger, parent };
  for (const [name, text] of Object.entries(variant.files))
    write(path.join(folder, name), text.replaceAll("LEDGER_PATH", ledger));
  const state = { x: 1, factor: 1, add: 1 };
  try {
    for (const words of system.prepare?.(environment.bin) ?? []) {
      const done = await inProject(trial, words);
      if (done.code === 0) continue;
      const failed = `${words.join(" ")}: ${lastLine(done.output)}`;
      say(`  cannot be prepared: ${failed}`);
      return EDITS.map(() => ({ failed }));
    }
    const first = await runOnce(trial, state);
    say(`  first run: ${tell(first)}`);
    if (first.ran !== "1+2" || !first.right)
      return EDITS.map(() => ({ failed: first.failed ?? "its first run is not right" }));
    const cells = [];
    for (const edit of EDITS) {
      const cell = await editAndRun(trial, edit, state);
      say(`  ${edit.title}: ${tell(cell)}`);
      cells.push(cell);
    }
    return cells;
  } finally {
    fs.rmSync(parent, { recursive: true, force: true });
  }
}

async function editAndRun(trial, edit, state) {
  if (edit.needsFile && !trial.variant.readsFile) return { missing: true };
  const change = (name, from, to) => {
    const file = path.join(trial.folder, name);
    const before = fs.readFileSync(file, "utf8");
    const after = before.replace(from, to);
    if (after === before) throw new Error(`${name} has no ${from}`);
    fs.writeFileSync(file, after);
  };
  const touch = () => fs.utimesSync(path.join(trial.folder, "data.txt"), new Date(), new Date());
  edit.make({ change, touch, system: trial.system, state });
  return runOnce(trial, state);
}

async function runOnce(trial, state) {
  fs.writeFileSync(trial.ledger, "");
  const done = await inProject(trial, trial.system.run(trial.environment.bin));
  if (done.code === null) return { failed: `took more than ${RUN_MS / 60_000} minutes` };
  if (done.code !== 0) return { failed: lastLine(done.output) };
  const ran = [...new Set(fs.readFileSync(trial.ledger, "utf8").split("\n").filter(Boolean))];
  const value = await trial.system.result({
    folder: trial.folder,
    output: done.output,
    ask: async (words) => (await inProject(trial, words)).output,
    bin: trial.environment.bin,
  });
  const right = String((state.x + state.add) * state.factor * 2);
  return { ran: ran.sort().join("+") || "0", value, right: value === right };
}

function inProject({ system, environment, folder, parent }, words) {
  const own = system.requirements === undefined;
  const env = {
    ...process.env,
    ...(own ? {} : { HOME: path.join(parent, "home") }),
    ...(own ? {} : { PATH: `${environment.bin}${path.delimiter}${process.env.PATH ?? ""}` }),
    PYTHONDONTWRITEBYTECODE: "1",
    NO_COLOR: "1",
    DO_NOT_TRACK: "1",
    ...system.variables?.(parent),
  };
  fs.mkdirSync(path.join(parent, "home"), { recursive: true });
  return runBounded(words, { cwd: folder, env, limitMs: RUN_MS });
}

function write(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

/** A cell in words, as the page shows it. */
export function tell(cell) {
  if (cell.missing) return "n/a";
  if (cell.failed !== undefined) return `failed: ${cell.failed}`;
  return cell.right ? cell.ran : `${cell.ran}, **stale: ${cell.value}**`;
}
