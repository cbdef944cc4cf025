// One try of a step on a compute: the name of its process and how it ended. Knows nothing of computes.

/** (boot id, pid, start time): the only safe name of a process. */
export interface ProcessIdentity {
  readonly bootId: string;
  readonly pid: number;
  /** Clock ticks since boot on Linux; `ps lstart` text elsewhere. */
  readonly startTime: string;
}

/** How an attempt ended. */
export interface AttemptEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly reason:
    | "exited"
    | "timeout"
    | "cancelled"
    | "out_of_memory"
    | "lost"
    | "not_started"
    /** Not started, because its folder or its log could not be written. */
    | "disk_full";
  /** A sentence for people where the reason alone does not say it, else null. */
  readonly detail: string | null;
  /** Milliseconds since 1970. */
  readonly startedAt: number | null;
  readonly finishedAt: number;
}
