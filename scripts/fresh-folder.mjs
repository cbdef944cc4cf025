// A folder beside the one that a build replaces, which does not outlast its process: neither a build that fails nor one that
// is stopped leaves half of itself in the project, and what a killed one left goes with the next one.

import fs from "node:fs";
import path from "node:path";

/** `OUT.PID`. When the process ends it is removed, unless it was given its name by then. */
export function freshFolder(out) {
  removeStale(out);
  const fresh = `${out}.${process.pid}`;
  fs.rmSync(fresh, { recursive: true, force: true });
  process.on("exit", () => fs.rmSync(fresh, { recursive: true, force: true }));
  for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }))
    process.on(signal, () => process.exit(128 + number));
  return fresh;
}

function removeStale(out) {
  const beside = path.dirname(out);
  const start = `${path.basename(out)}.`;
  for (const name of fs.readdirSync(beside)) {
    const pid = name.startsWith(start) ? name.slice(start.length) : "";
    if (/^[1-9]\d*$/.test(pid) && isGone(Number(pid)))
      fs.rmSync(path.join(beside, name), { recursive: true, force: true });
  }
}

function isGone(pid) {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // Of another user: EPERM.
    return error.code === "ESRCH";
  }
}
