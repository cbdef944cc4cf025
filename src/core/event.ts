// The events of a run: the only truth about it. Append-only, numbered from 1 in each run, read by `evolve` alone.
// `step` is an index into the plan's steps.

import type { AttemptEnd, ProcessIdentity } from "./attempt.ts";
import type { LoggedValues, StepResult } from "./output.ts";
import type { Reason } from "./reason.ts";

/** Bumped when an event's shape changes; older ones stay readable. */
export const EVENT_FORMAT = 1;

/** A failure as people will read it. */
export interface StepError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  /** The user's own file and line that it failed at; absent where nothing tells them. */
  readonly location?: SourceLocation | null;
}

/** A place in a file of the user's. */
export interface SourceLocation {
  /** Absolute path. */
  readonly file: string;
  readonly line: number;
}

/** Where a result is recorded: the `step_completed` event number `seq` of `run`. */
export interface ResultReference {
  readonly run: string;
  readonly seq: number;
}

/** What one input of a step run read: the id that counts in its fingerprint, and whose bytes they were. */
export type ReadInput =
  /** An output of this result. */
  | { readonly id: string; readonly from: ResultReference & { readonly output: string } }
  /** Data from outside, as the user named it (null where another workspace knows that); `asset` is `name:version`, or null. */
  | { readonly id: string; readonly written: string | null; readonly asset: string | null };

/** Results of one earlier run taken over for one reason; `results[i]` is the event that completed `steps[i]`. */
export interface ReusedSteps {
  readonly run: string;
  readonly reason: Reason;
  readonly steps: readonly number[];
  readonly results: readonly number[];
}

export type RunEvent =
  /** An engine took the run up. */
  | { readonly kind: "run_started"; readonly at: number }
  /** Results taken over, all of one tick in one event. */
  | {
      readonly kind: "steps_reused";
      readonly at: number;
      readonly from: readonly ReusedSteps[];
    }
  /** Another run is doing the same work: this step waits for it. */
  | {
      readonly kind: "step_attached";
      readonly at: number;
      readonly step: number;
      readonly fingerprint: string;
      readonly run: string;
      readonly path: string;
    }
  /** The run this step waited for did not deliver: it is ready again. */
  | { readonly kind: "step_detached"; readonly at: number; readonly step: number }
  /** A slot was given and the attempt may start: durable before it does. */
  | {
      readonly kind: "attempt_created";
      readonly at: number;
      readonly step: number;
      readonly number: number;
      readonly attemptId: string;
      readonly fingerprint: string;
      readonly epoch: number;
      /** Boot of the machine that it runs on: what it makes is not safe before the engine has synced it. */
      readonly bootId: string;
      readonly reason: Reason;
      /** False: nobody waits for it, and it may run beside another of the same fingerprint. */
      readonly shared: boolean;
      /** The run whose running attempt this is a continuation of (its owner was cancelled), else null. */
      readonly adoptedFrom: string | null;
      /** Names of the GPUs that it was given, as `CUDA_VISIBLE_DEVICES` has them; absent: none. */
      readonly gpus?: readonly string[];
    }
  | {
      readonly kind: "attempt_started";
      readonly at: number;
      readonly step: number;
      readonly process: ProcessIdentity;
    }
  /** It goes on from what an earlier attempt saved in the step's checkpoint folder. */
  | {
      readonly kind: "attempt_continues";
      readonly at: number;
      readonly step: number;
      /** When the newest file there was written (milliseconds since 1970). */
      readonly writtenAt: number;
    }
  | {
      readonly kind: "attempt_ended";
      readonly at: number;
      readonly step: number;
      readonly end: AttemptEnd;
      /** When the next attempt may start (milliseconds since 1970), or null when there is none. */
      readonly retryAt: number | null;
      /** What it had logged when it did not succeed; absent: nothing. */
      readonly logged?: LoggedValues;
    }
  /** The machine stopped before what it made was safe: it counts as never run, and the step is ready again. */
  | { readonly kind: "attempt_discarded"; readonly at: number; readonly step: number }
  | {
      readonly kind: "step_completed";
      readonly at: number;
      readonly step: number;
      /** The step's own path, so that a result can be named without its plan. */
      readonly path: string;
      readonly fingerprint: string;
      /** Digest of what was known before any data was: see `staticId`. */
      readonly staticId: string;
      /** Wall time of the attempt that made it; for "saved 14 s" and forecasts. */
      readonly durationMs: number;
      readonly result: StepResult;
      /** Absent in what was recorded before it was noted. */
      readonly inputs?: Readonly<Record<string, ReadInput>>;
    }
  | {
      readonly kind: "step_failed";
      readonly at: number;
      readonly step: number;
      readonly error: StepError;
      /** Of an attempt that ended well and whose outputs could not be taken: what it had logged; absent: nothing. */
      readonly logged?: LoggedValues;
    }
  | { readonly kind: "steps_skipped"; readonly at: number; readonly steps: readonly number[] }
  | { readonly kind: "steps_canceled"; readonly at: number; readonly steps: readonly number[] }
  | { readonly kind: "cancel_requested"; readonly at: number; readonly by: string }
  /** Something beside the steps went wrong (a copy, a registration): the run will end Failed. */
  | { readonly kind: "run_problem"; readonly at: number; readonly error: StepError }
  | { readonly kind: "warned"; readonly at: number; readonly message: string }
  | {
      readonly kind: "run_ended";
      readonly at: number;
      readonly status: "Completed" | "Failed" | "Canceled";
      readonly error: StepError | null;
    };

/** What each kind cannot be folded without, beside its time. */
const PARTS: Readonly<Record<RunEvent["kind"], Readonly<Record<string, "number" | "object">>>> = {
  run_started: {},
  steps_reused: { from: "object" },
  step_attached: { step: "number" },
  step_detached: { step: "number" },
  attempt_created: { step: "number" },
  attempt_started: { step: "number", process: "object" },
  attempt_continues: { step: "number" },
  attempt_ended: { step: "number", end: "object" },
  attempt_discarded: { step: "number" },
  step_completed: { step: "number", result: "object" },
  step_failed: { step: "number", error: "object" },
  steps_skipped: { steps: "object" },
  steps_canceled: { steps: "object" },
  cancel_requested: {},
  run_problem: { error: "object" },
  warned: {},
  run_ended: {},
};

/** Whether a recorded value is an event that this version knows: not damaged, and of no newer one. */
export function isEvent(value: unknown): value is RunEvent {
  const event = value as Readonly<Record<string, unknown>> | null;
  const kind = typeof event?.kind === "string" ? event.kind : "";
  if (event === null || !Object.hasOwn(PARTS, kind) || typeof event.at !== "number") return false;
  const parts = PARTS[kind as RunEvent["kind"]];
  for (const name in parts)
    if (typeof event[name] !== parts[name] || event[name] === null) return false;
  return true;
}

/** Of recorded events those that can be read. */
export function readable(events: readonly (RunEvent | null)[]): readonly RunEvent[] {
  return events.includes(null) ? events.filter((event) => event !== null) : (events as RunEvent[]);
}
