// The port to the processes of this machine: who is alive, what belongs to an attempt, where memory limits can be set.
// Implemented in computes/ for Linux and for any POSIX system; knows nothing of runs.

import type { ProcessIdentity } from "../core/attempt.ts";

export type { ProcessIdentity };

export type TreeSignal = "SIGTERM" | "SIGKILL";

/** Where control groups with a memory limit can be made. All paths are folders of the cgroup file system. */
export interface MemoryGroups {
  readonly version: 1 | 2;
  /** A group for an attempt becomes a folder in here. */
  readonly parent: string;
  /** The group to which a supervisor returns after it has started a step. */
  readonly home: string;
}

export interface TreeQuery {
  /** Processes whose environment holds STEPWELL_ATTEMPT with this value belong to the tree. */
  readonly attemptId: string;
  /** The first processes of the attempt, each the leader of its own session; may have ended. */
  readonly leaders: readonly ProcessIdentity[];
}

export interface ProcessPort {
  readonly kind: "linux" | "posix";
  /** Changes with each start of the machine. */
  bootId(): string;
  /** Null when there is no such process, or it is a zombie. */
  identify(pid: number): ProcessIdentity | null;
  /** False also for another process that was given the same pid later. */
  isAlive(identity: ProcessIdentity): boolean;
  /** Signals this very process and never a stranger with its pid; false when it is not there or may not be. */
  signal(identity: ProcessIdentity, signal: TreeSignal): boolean;
  /** Every living process of an attempt: descendants, sessions and groups of the leaders, bearers of the marker. */
  tree(query: TreeQuery): Promise<readonly ProcessIdentity[]>;
  /** Null where control groups cannot be written: then there are no memory limits. */
  memoryGroups(): MemoryGroups | null;
}
