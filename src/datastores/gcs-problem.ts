// What Google Cloud Storage means by its answers. Knows their reasons, and no requests.

import type { StorageError, StorageProblem } from "../ports/storage.ts";
import type { Faults } from "./fault.ts";
import { GcsRefusal } from "./gcs-api.ts";
import { NotSignedIn } from "./gcs-auth.ts";
import { connectionProblem, retryAfter, statusProblem, vendorFault } from "./http-problem.ts";

export function gcsProblem(error: unknown): StorageProblem {
  if (error instanceof NotSignedIn) {
    if (/expired/i.test(error.message)) return "expired";
    return connectionProblem(error.cause) ?? "denied";
  }
  if (!(error instanceof GcsRefusal)) return connectionProblem(error) ?? "failed";
  const { status, reason, message } = error;
  if (/bucket.*(does not exist|not found)/i.test(message)) return "no_such_place";
  if (/rateLimitExceeded/i.test(reason)) return "busy";
  if (/quotaExceeded/i.test(reason)) return "full";
  if (/hash|md5|crc32c/i.test(message) && status === 400) return "corrupt";
  return statusProblem(status);
}

export function gcsFault(
  fault: Faults,
  path: string,
  error: unknown,
  problem: StorageProblem = gcsProblem(error),
): StorageError {
  const wait = error instanceof GcsRefusal ? retryAfter(error.retryAfter, Date.now()) : null;
  return vendorFault(fault, path, { problem, retryAfterSeconds: wait }, error);
}
