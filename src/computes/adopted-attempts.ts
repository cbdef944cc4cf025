// Watches attempts that another engine started: their supervisor lives on, writes down the end, and cannot be talked
// to. Leads each to exactly one end; never signals a process that is not of the attempt.

import type { AdoptOrder, AttemptEnd } from "../ports/compute.ts";
import type { ProcessIdentity, ProcessPort } from "../ports/process.ts";
import { claim, noteCancel, readExit, readProcesses, settleExit } from "./attempt-files.ts";
import { stopTree } from "./stop-tree.ts";

const LOOK_MS = 60;
/** So long nobody may be alive, and no end written down, before an attempt counts as lost. */
const SETTLE_MS = 300;
/** A supervisor has claimed the attempt; the process follows at once unless the supervisor died in between. */
const CLAIMED_MS = 2000;

export interface AdoptedAttempts {
  adopt(order: AdoptOrder): void;
  /** False when the attempt is not an adopted one. */
  cancel(attemptId: string): boolean;
  close(): void;
}

interface Watched {
  readonly order: AdoptOrder;
  /** Since when nobody is alive, by the monotonic clock. */
  quietSince: number | null;
  /** When this engine first saw its supervisor alive: what is lost after that has run under this engine, and counts as a try. */
  seenAt: number | null;
  /** A tree is being ended: the next look waits for it. */
  isStopping: boolean;
  isCancelled: boolean;
}

export function adoptedAttempts(
  host: ProcessPort,
  onEnd: (attemptId: string, end: AttemptEnd) => void,
): AdoptedAttempts {
  const watched = new Map<string, Watched>();
  let timer: NodeJS.Timeout | null = null;

  const end = (item: Watched, how: AttemptEnd): void => {
    if (!watched.delete(item.order.attemptId)) return;
    if (watched.size === 0 && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
    onEnd(item.order.attemptId, how);
  };
  const stop = async (item: Watched, graceMs: number): Promise<void> => {
    item.isStopping = true;
    const { attemptId, folder } = item.order;
    await stopTree(host, { attemptId, leaders: leadersOf(folder) }, graceMs);
    item.isStopping = false;
  };
  const lose = async (item: Watched): Promise<void> => {
    await stop(item, 0);
    if (watched.has(item.order.attemptId)) end(item, lostEnd(item));
  };
  const look = (item: Watched): void => {
    if (item.isStopping) return;
    const exit = readExit(item.order.folder);
    if (exit !== null) {
      end(item, exit);
      return;
    }
    const patienceMs = patienceWith(item, host);
    if (patienceMs === null) {
      item.quietSince = null;
      item.seenAt ??= Date.now();
    } else {
      item.quietSince ??= performance.now();
      if (performance.now() - item.quietSince >= patienceMs) void lose(item);
    }
  };
  return {
    adopt(order) {
      if (watched.has(order.attemptId)) return;
      const item: Watched = {
        order,
        quietSince: null,
        seenAt: null,
        isStopping: false,
        isCancelled: false,
      };
      watched.set(order.attemptId, item);
      timer ??= setInterval(() => {
        for (const each of [...watched.values()]) look(each);
      }, LOOK_MS);
      // Many have ended long ago; their ends need not wait for the timer.
      queueMicrotask(() => {
        if (watched.get(order.attemptId) === item) look(item);
      });
    },
    cancel(attemptId) {
      const item = watched.get(attemptId);
      if (item === undefined) return false;
      if (!item.isCancelled) {
        item.isCancelled = true;
        noteCancel(item.order.folder);
        if (!item.isStopping) void stop(item, item.order.graceMs);
      }
      return true;
    },
    close() {
      watched.clear();
      if (timer !== null) clearInterval(timer);
      timer = null;
    },
  };
}

/** Null while somebody is alive who will write down the end; else how long to wait for one that may be on its way. */
function patienceWith(item: Watched, host: ProcessPort): number | null {
  const processes = readProcesses(item.order.folder);
  // Taking the claim makes sure that a supervisor which still holds the order never starts it.
  if (processes === "none") return claim(item.order.folder) ? 0 : CLAIMED_MS;
  if (processes === "claimed") return CLAIMED_MS;
  if (processes.process.bootId !== host.bootId()) return 0;
  // Without its supervisor nobody will ever know how the process ended: there is nothing to wait for.
  return host.isAlive(processes.supervisor) ? null : SETTLE_MS;
}

function leadersOf(folder: string): readonly ProcessIdentity[] {
  const processes = readProcesses(folder);
  return typeof processes === "string" ? [] : [processes.process, ...processes.others];
}

function lostEnd(item: Watched): AttemptEnd {
  const { folder } = item.order;
  const processes = readProcesses(folder);
  const wasStarted = processes !== "none" && processes !== "claimed";
  return settleExit(folder, {
    exitCode: null,
    signal: null,
    reason: item.isCancelled ? "cancelled" : "lost",
    detail: item.isCancelled
      ? null
      : wasStarted
        ? "its supervisor and its process are gone, and nobody wrote how it ended"
        : "it had not begun when the process that was to start it ended",
    startedAt: item.seenAt,
    finishedAt: Date.now(),
  });
}
