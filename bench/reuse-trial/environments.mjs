// One virtual environment for each peer, made by uv from exact versions. A peer that cannot be installed is skipped with
// the reason; Stepwell is the bundle of this clone.

import path from "node:path";
import { findProgram } from "../find-program.mjs";
import { runBounded } from "./run-bounded.mjs";

const INSTALL_MS = 15 * 60_000;

/** `{bin, version}` or `{skipped}`. `bin` is the folder of the peer's programs. */
export async function makeEnvironment(system, { at, root }) {
  const env = process.env;
  if (system.requirements === undefined) {
    const cli = path.join(root, "dist", "stepwell.js");
    const asked = await runBounded([process.execPath, cli, "--version"], {
      cwd: root,
      env,
      limitMs: INSTALL_MS,
    });
    return { bin: cli, version: asked.output.trim() };
  }
  const folder = path.join(at, system.name.toLowerCase());
  const python = path.join(folder, "bin", "python");
  const uv = await findProgram("uv", path.join(at, "uv"));
  if (uv.skipped !== undefined) return uv;
  for (const words of [
    [uv.program, "venv", "--quiet", "--allow-existing", "--python", "python3", folder],
    [uv.program, "pip", "install", "--quiet", "--python", python, ...system.requirements],
  ]) {
    const done = await runBounded(words, { cwd: at, env, limitMs: INSTALL_MS });
    if (done.code === null) return { skipped: "its installation took more than 15 minutes" };
    if (done.code !== 0) return { skipped: `cannot be installed: ${lastLine(done.output)}` };
  }
  const ask = `import importlib.metadata as m; print(m.version("${system.distribution}"))`;
  const asked = await runBounded([python, "-c", ask], { cwd: at, env, limitMs: INSTALL_MS });
  return { bin: path.join(folder, "bin"), version: asked.output.trim() };
}

export function lastLine(text) {
  return text.trim().split("\n").at(-1)?.trim() ?? "";
}
