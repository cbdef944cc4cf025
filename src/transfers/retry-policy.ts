// Whether and when a storage is asked again. Pure: chance is an argument, waiting is somebody else's affair.

import type { StorageProblem } from "../ports/storage.ts";

export interface FailedTry {
  readonly problem: StorageProblem;
  /** How many times it was tried so far, this one included. */
  readonly tries: number;
  /** When the storage wants to be asked again; null: it did not say. */
  readonly retryAfterSeconds: number | null;
  /** From 0 up to, but not including, 1. */
  readonly chance: number;
}

/** A server that restarts is back within this many tries: about two minutes. */
const MOST_TRIES = 9;
/** Bytes that arrive damaged twice are damaged at the source. */
const MOST_CORRUPT = 3;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
/** A storage that asks for more than this is not waited for. */
const LONGEST_ASKED_MS = 300_000;

/** Milliseconds to wait before the next try; null: give up. */
export function nextTry({ problem, tries, retryAfterSeconds, chance }: FailedTry): number | null {
  const most = mostTries(problem);
  if (tries >= most) return null;
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1));
  // Half of it is fixed, so that nobody asks at once; half is chance, so that not all ask together.
  const wait = Math.round(full / 2 + (full / 2) * chance);
  if (retryAfterSeconds === null) return wait;
  const asked = retryAfterSeconds * 1000;
  return asked > LONGEST_ASKED_MS ? null : asked + wait;
}

/** What passes sooner is not worth a word: so many tries take two seconds. */
const QUIET_TRIES = 3;
const QUIET_WAIT_MS = 3_000;

/** For people, of a try that failed and after which the storage is asked again; null: that may soon be over. */
export function retryLine(
  { problem, message }: { readonly problem: StorageProblem; readonly message: string },
  { tries, waitMs }: { readonly tries: number; readonly waitMs: number },
): string | null {
  if (tries <= QUIET_TRIES && waitMs < QUIET_WAIT_MS) return null;
  const what = message.replace(/\. Try again$/, "");
  return `asking again, ${tries} of ${mostTries(problem)} tries have failed: ${what}`;
}

function mostTries(problem: StorageProblem): number {
  switch (problem) {
    case "unreachable":
    case "busy":
      return MOST_TRIES;
    case "corrupt":
      return MOST_CORRUPT;
    default:
      return 1;
  }
}
