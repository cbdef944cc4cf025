// A Python program that a bench needs: the one on PATH, else the one that pip puts into an environment of its own. Knows
// no program.

import fs from "node:fs";
import path from "node:path";
import { runBounded } from "./reuse-trial/run-bounded.mjs";

const INSTALL_MS = 15 * 60_000;

/** `{program}`, or `{skipped}` with the reason where it cannot be had. `folder`: of the environment. */
export async function findProgram(name, folder) {
  const inPath = (process.env.PATH ?? "")
    .split(path.delimiter)
    .map((one) => path.join(one, name))
    .find((file) => fs.existsSync(file));
  if (inPath !== undefined) return { program: inPath };
  const program = path.join(folder, "bin", name);
  if (fs.existsSync(program)) return { program };
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  for (const words of [
    ["python3", "-m", "venv", folder],
    [path.join(folder, "bin", "pip"), "install", "--quiet", name],
  ]) {
    const limits = { cwd: path.dirname(folder), env: process.env, limitMs: INSTALL_MS };
    const done = await runBounded(words, limits);
    const last = done.output.trim().split("\n").at(-1)?.trim() ?? "";
    if (done.code !== 0) return { skipped: `there is no ${name}: ${last}` };
  }
  return { program };
}
