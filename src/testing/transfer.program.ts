// Moves one folder to another in a process of its own, for tests that kill it or measure its memory. Says how far it is, a
// line of JSON each time, and in the end what came of it and the most memory it had.

import fs from "node:fs";
import { openStorage } from "../datastores/open-storage.ts";
import { transfer } from "../transfers/transfer.ts";

interface Order {
  readonly from: string;
  readonly to: string;
  readonly journalFolder: string;
  readonly mode: "merge_with_overwrite" | "fail_if_conflict";
}

const order = JSON.parse(process.argv[2] ?? "") as Order;
const outcome = await transfer({
  from: { storage: await openStorage({ type: "file", path: order.from }), path: "" },
  to: { storage: await openStorage({ type: "file", path: order.to }), path: "" },
  kind: "folder",
  mode: order.mode,
  journalFolder: order.journalFolder,
  onProgress: (report) => say({ report }),
});
say({ outcome, peakBytes: peakBytes() });

function say(what: unknown): void {
  fs.writeSync(1, `${JSON.stringify(what)}\n`);
}

/** Null where the system does not say. */
function peakBytes(): number | null {
  if (!fs.existsSync("/proc/self/status")) return null;
  const found = /VmHWM:\s+(\d+) kB/.exec(fs.readFileSync("/proc/self/status", "utf8"));
  return found === null ? null : Number(found[1]) * 1024;
}
