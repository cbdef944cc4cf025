// How an attempt that did not succeed is told, and whether it is tried again. Pure: ends in, words and decisions out.

import type { RetryPolicy } from "../spec/graph.ts";
import type { AttemptEnd } from "./attempt.ts";
import type { StepError } from "./event.ts";

/** How often an attempt that never came to run is started again by the same engine; not counted as a retry. */
const FALSE_STARTS = 3;

export function succeeded(end: AttemptEnd): boolean {
  return end.reason === "exited" && end.exitCode === 0;
}

/** What happened, and what to look at next. */
export function errorOf(step: string, end: AttemptEnd, timeoutSeconds: number | null): StepError {
  const detail = end.detail === null ? "" : ` (${end.detail})`;
  switch (end.reason) {
    case "exited":
      return end.signal === null
        ? exited(step, end.exitCode ?? 1, detail)
        : {
            code: "killed",
            message: `step ${step} was killed by signal ${end.signal}${detail}`,
            hint: CRASHES.has(end.signal)
              ? CRASHED
              : "nothing in Stepwell sends this signal: look for what did (a memory killer, a user)",
          };
    case "timeout":
      return {
        code: "timeout",
        message: `step ${step} took longer than its limit of ${timeoutSeconds ?? "?"} s${detail}`,
        hint: "raise limits.timeout, or make the step faster",
      };
    case "out_of_memory":
      return {
        code: "out_of_memory",
        message: `step ${step} ran out of memory${detail}`,
        hint: "raise resources.memory, or let the step use less",
      };
    case "lost":
      return {
        code: "lost",
        message: `step ${step} vanished without a word of its end${detail}`,
        hint: "its machine was restarted or its supervisor killed: run the pipeline again, what had finished is reused",
      };
    case "not_started":
      return {
        code: "not_started",
        message: `step ${step} could not be started${detail}`,
        hint: "see what this machine lacks: stepwell doctor",
      };
    case "disk_full":
      return {
        code: "disk_full",
        message: `step ${step} could not be started: the disk is full${detail}`,
        hint: "free some space, then run the pipeline again; `stepwell gc` removes what no run needs",
      };
    case "cancelled":
      return { code: "cancelled", message: `step ${step} was cancelled${detail}`, hint: null };
    default:
      return end.reason satisfies never;
  }
}

/** Signals by which the system ends a program for what it did itself … */
const CRASHES: ReadonlySet<string> = new Set(["SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL"]);
const CRASHED =
  'the program crashed in compiled code (a package\'s own, or the libraries of the GPU): the end of the log may say in which; with Python, environment_variables: {PYTHONFAULTHANDLER: "1"} shows the line';

function exited(step: string, code: number, detail: string): StepError {
  const known: Record<number, string> = {
    126: "a file that the command calls cannot be executed: check its permissions",
    127: "a program that the command calls was not found: check the command and the environment",
    // … and as bash hands them on.
    132: CRASHED,
    134: CRASHED,
    135: CRASHED,
    136: CRASHED,
    139: CRASHED,
  };
  return {
    code: "exit_code",
    message: `step ${step} ended with exit code ${code}${detail}`,
    hint: known[code] ?? null,
  };
}

/** Milliseconds to wait before the next attempt, or null when there is none. */
export function retryDelay(
  policy: RetryPolicy,
  attempts: readonly { readonly end: AttemptEnd; readonly epoch: number }[],
): number | null {
  const last = attempts.at(-1);
  if (last === undefined) return null;
  // The engine makes no attempt before there is room again.
  if (last.end.reason === "disk_full") return 0;
  const falseStarts = attempts.filter(({ end }) => neverRan(end));
  if (neverRan(last.end)) {
    const ofThisEngine = falseStarts.filter(({ epoch }) => epoch === last.epoch);
    return ofThisEngine.length <= FALSE_STARTS ? 0 : null;
  }
  const tries = attempts.length - falseStarts.length;
  if (tries > policy.maxRetries || !policy.on.includes(failureKind(last.end))) return null;
  return policy.delaySeconds * 1000;
}

/**
 * Nothing of it counts: the engine died between recording the attempt and starting it, the disk was full, or it was stopped
 * for another run that had been cancelled.
 */
export function neverRan(end: AttemptEnd): boolean {
  if (end.reason === "lost") return end.startedAt === null;
  return end.reason === "cancelled" || end.reason === "disk_full";
}

function failureKind(end: AttemptEnd): RetryPolicy["on"][number] {
  if (end.reason === "timeout") return "timeout";
  return end.reason === "lost" ? "lost" : "failure";
}
