// Runs commands in a folder and measures them. A figure is the best of its repetitions: noise only adds.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const cli = path.join(path.dirname(here), "dist", "stepwell.js");

/** As a user starts it. */
export const STEPWELL = [cli];
const base = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-bench-"));
let folders = 0;

/** A folder that nobody has used. Nothing is deleted before the end: ext4 is slow in the minute after a deletion. */
export function freshFolder() {
  folders += 1;
  const folder = path.join(base, String(folders));
  fs.mkdirSync(folder);
  return folder;
}

export function removeFolders() {
  fs.rmSync(base, { recursive: true, force: true });
}

/** Files younger than two seconds are not trusted by their times: git's rule, and ours. */
export function settle() {
  execFileSync("sleep", ["2.5"]);
}

/** `{wall, cpu, rssMb, stdout}`; throws when the command fails. */
export function measure(folder, command, env = {}) {
  const words = [path.join(here, "measure.py"), ...command];
  // Certificates of the machine's own cost every Node that starts 35 ms, whatever it does.
  const { NODE_EXTRA_CA_CERTS: _, ...inherited } = process.env;
  const output = execFileSync("python3", words, {
    cwd: folder,
    encoding: "utf8",
    env: { ...inherited, NO_COLOR: "1", ...env },
    maxBuffer: 1 << 26,
  });
  const figures = JSON.parse(output);
  if (figures.code !== 0)
    throw new Error(`${command.join(" ")} ended with ${figures.code} in ${folder}`);
  return figures;
}

/** The measurement with the least cpu. */
export function best(all) {
  return all.toSorted((a, b) => a.cpu - b.cpu)[0];
}

/** How many steps ran, from the last line of a run. */
export function stepsRan(figures) {
  return Number(/(\d+) steps? ran/.exec(figures.stdout)?.[1] ?? Number.NaN);
}

export function runStepwell(folder, ...words) {
  return measure(folder, [...STEPWELL, "run", "pipeline.yml", ...words]);
}
