// The supervisor for machines without Python: a process of its own that runs one attempt at a time and outlives the
// engine. Speaks the same protocol as python/supervisor.py, which says more about each step.

import { join } from "node:path";
import type { AttemptEnd, AttemptOrder } from "../ports/compute.ts";
import type { MemoryGroups } from "../ports/process.ts";
import { readText } from "../ports/read-file.ts";
import { type AttemptAccount, openAccount } from "./attempt-account.ts";
import { type RunningAttempt, runAttempt } from "./node-attempt.ts";
import { createOrderReader, type SupervisorOrder } from "./order-reader.ts";
import { createLinuxProcesses } from "./process-linux.ts";
import { createPosixProcesses } from "./process-posix.ts";
import { notStarted, type SupervisorReport, unwritable } from "./supervisor-protocol.ts";

const [stateFolder = "", bash = "", , kind, version, parent = "", home = ""] =
  process.argv.slice(2);
const groups: MemoryGroups | null =
  version === undefined ? null : { version: version === "1" ? 1 : 2, parent, home };
const host = kind === "linux" ? createLinuxProcesses() : createPosixProcesses();

/** An end that did not fit on the disk is tried again. */
const RETRY_MS = 500;

const queue: AttemptOrder[] = [];
let current: { readonly id: string; readonly attempt: RunningAttempt } | null = null;
let isEngineGone = false;
let unwritten = 0;

// SIGUSR1 would have Node open a port for debuggers.
for (const signal of ["SIGINT", "SIGHUP", "SIGUSR1"] as const) process.on(signal, () => {});
// The engine may be gone: what cannot be told is written down.
process.stdout.on("error", () => {});
process.stdin.on("data", createOrderReader(obey));
process.stdin.on("error", leave);
process.stdin.on("end", leave);

function leave(): void {
  isEngineGone = true;
  queue.length = 0;
  exitWhenIdle();
}

function exitWhenIdle(): void {
  // Written reports must leave before the process does.
  if (isEngineGone && current === null && unwritten === 0)
    process.stdout.end(() => process.exit(0));
}

function obey(message: SupervisorOrder): void {
  if (message.verb === "start") {
    queue.push(message.order);
    startNext();
    return;
  }
  const index = queue.findIndex((order) => order.attemptId === message.attemptId);
  const [waiting] = index === -1 ? [] : queue.splice(index, 1);
  if (waiting === undefined) {
    if (message.verb === "cancel" && current?.id === message.attemptId) current.attempt.cancel();
  } else if (message.verb === "withdraw") {
    say({ kind: "withdrawn", attemptId: waiting.attemptId });
  } else {
    const end = { ...notStarted("", Date.now()), reason: "cancelled" as const, detail: null };
    finish(waiting, appendTo(waiting), end);
  }
}

function startNext(): void {
  while (current === null) {
    const order = queue.shift();
    if (order === undefined) return;
    start(order);
  }
}

function start(order: AttemptOrder): void {
  const { attemptId } = order;
  const refusedWith = (end: AttemptEnd): void => say({ kind: "ended", attemptId, end });
  const refused = (detail: string): void => refusedWith(notStarted(detail, Date.now()));
  const newest = newestEpoch();
  if (newest > order.epoch) {
    refused(`another engine has taken over (epoch ${newest}, this order is of ${order.epoch})`);
    return;
  }
  let account: AttemptAccount;
  try {
    account = openAccount(order.folder, "claim");
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === "EEXIST";
    const end = unwritable("cannot write in the attempt's folder", error);
    if (isTaken) refused("this attempt was already started once");
    else refusedWith({ ...end, finishedAt: Date.now() });
    return;
  }
  const attempt = runAttempt(order, account, { bash, host, groups }, (at, process) =>
    say({ kind: "started", attemptId, at, process }),
  );
  current = { id: attemptId, attempt };
  void attempt.end.then((end) => {
    current = null;
    finish(order, account, end);
    startNext();
    exitWhenIdle();
  });
}

/** Of an attempt that nobody has started; null where there is no place for it. */
function appendTo(order: AttemptOrder): AttemptAccount | null {
  try {
    return openAccount(order.folder, "append");
  } catch {
    return null;
  }
}

function finish(order: AttemptOrder, account: AttemptAccount | null, end: AttemptEnd): void {
  if (account?.writeEnd(end) === false) writeLater(account, end);
  say({ kind: "ended", attemptId: order.attemptId, end });
}

function writeLater(account: AttemptAccount, end: AttemptEnd): void {
  unwritten += 1;
  const timer = setInterval(() => {
    if (!account.writeEnd(end)) return;
    clearInterval(timer);
    unwritten -= 1;
    exitWhenIdle();
  }, RETRY_MS);
}

function newestEpoch(): number {
  try {
    return Number(readText(join(stateFolder, "epoch")));
  } catch {
    return 0;
  }
}

function say(report: SupervisorReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
