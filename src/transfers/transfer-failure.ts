// Why a transfer did not come to its end, as a value with a way out. Made from what storages throw; knows no storage.

import { StorageError, type StorageProblem } from "../ports/storage.ts";

export interface TransferFailure {
  readonly code:
    | Exclude<StorageProblem, "exists" | "changed" | "busy">
    /** `fail_if_conflict`, and something is at the target already. */
    | "conflict"
    /** The source is not what it was when it was listed. */
    | "changed_while_read"
    /** Two names that the target cannot tell apart. */
    | "case_clash"
    /** Somebody asked for the end. */
    | "cancelled";
  readonly message: string;
  readonly hint: string | null;
}

/** Thrown inside of a transfer only; `transfer` makes a value of it. */
export class TransferError extends Error {
  readonly failure: TransferFailure;
  constructor(
    code: TransferFailure["code"],
    message: string,
    hint: string | null = HINTS[code] ?? null,
  ) {
    super(message);
    this.name = "TransferError";
    this.failure = { code, message, hint };
  }
}

const GOES_ON = "run it again: what has arrived is not moved again";
const CHANGED = "run it again when nothing writes there";

const HINTS: Partial<Record<TransferFailure["code"], string>> = {
  no_such_place: "make it, or correct the datastore's definition",
  denied: `correct the credentials or what they may do, then ${GOES_ON}`,
  expired: `renew the credentials, then ${GOES_ON}`,
  unreachable: `when it answers again, ${GOES_ON}`,
  full: `make room there, then ${GOES_ON}`,
  conflict:
    "choose another target, delete what is there, or let it be written over: data_copy_mode: merge_with_overwrite",
  changed_while_read: CHANGED,
  corrupt: GOES_ON,
  cancelled: GOES_ON,
  case_clash: "rename one of them at the source",
  bad_path: "rename it at the source or leave it out, or remove what is in its way at the target",
};

/** The failure behind whatever was thrown; null for what is a bug. */
export function failureOf(error: unknown): TransferFailure | null {
  if (error instanceof TransferError) return error.failure;
  if (!(error instanceof StorageError)) return diskFailure(error);
  const code = codeOf(error.problem);
  return { code, message: error.message, hint: HINTS[code] ?? null };
}

/** The journal, or the list of what is to be moved, could not be written. */
function diskFailure(error: unknown): TransferFailure | null {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return null;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return {
    code: isFull ? "full" : "failed",
    message: `the journal of the transfer cannot be written: ${message}`,
    hint: isFull ? (HINTS.full ?? null) : null,
  };
}

function codeOf(problem: StorageProblem): TransferFailure["code"] {
  switch (problem) {
    case "exists":
      return "conflict";
    case "changed":
      return "changed_while_read";
    case "busy":
      return "unreachable";
    default:
      return problem;
  }
}
