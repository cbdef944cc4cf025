// Moves one folder to another in a process of its own, for tests that measure its memory or have it killed, which it does
// itself: nobody else is in time for sure. Says how far it is, a line of JSON each time, and in the end what came of it and
// the most memory it had.

import fs from "node:fs";
import { openStorage } from "../datastores/open-storage.ts";
import { transfer } from "../transfers/transfer.ts";
import type { ProgressReport } from "../transfers/transfer-progress.ts";

interface Order {
  readonly from: string;
  readonly to: string;
  readonly journalFolder: string;
  readonly mode: "merge_with_overwrite" | "fail_if_conflict";
  readonly killedBeyond?: { readonly files: number } | { readonly bytes: number };
}

const order = JSON.parse(process.argv[2] ?? "") as Order;
const outcome = await transfer({
  from: { storage: await openStorage({ type: "file", path: order.from }), path: "" },
  to: { storage: await openStorage({ type: "file", path: order.to }), path: "" },
  kind: "folder",
  mode: order.mode,
  journalFolder: order.journalFolder,
  onProgress: (report) => {
    say({ report });
    if (isEnough(report)) process.kill(process.pid, "SIGKILL");
  },
});
say({ outcome, peakBytes: peakBytes() });

function isEnough({ files, bytes }: ProgressReport): boolean {
  const { killedBeyond } = order;
  if (killedBeyond === undefined) return false;
  return "files" in killedBeyond ? files > killedBeyond.files : bytes > killedBeyond.bytes;
}

function say(what: unknown): void {
  fs.writeSync(1, `${JSON.stringify(what)}\n`);
}

/** Null where the system does not say. */
function peakBytes(): number | null {
  if (!fs.existsSync("/proc/self/status")) return null;
  const found = /VmHWM:\s+(\d+) kB/.exec(fs.readFileSync("/proc/self/status", "utf8"));
  return found === null ? null : Number(found[1]) * 1024;
}
