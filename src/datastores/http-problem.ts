// What answers over HTTP mean for a storage, whoever gave them, and what a person does about each problem. Knows no vendor.

import type { StorageError, StorageProblem } from "../ports/storage.ts";
import { certificateProblem } from "./certificate-problem.ts";
import { fileProblem, isConnectionCode } from "./errno-problem.ts";
import { codeOf, type Faults, saying } from "./fault.ts";

export interface VendorProblem {
  readonly problem: StorageProblem;
  readonly retryAfterSeconds?: number | null;
}

const WORDS: Readonly<Record<StorageProblem, string>> = {
  not_found: "there is no such file",
  no_such_place: "there is no such place. Make it, or correct the name in the datastore",
  denied: "access is refused. Check the credentials of the datastore and what they may do there",
  expired: "the credentials have expired. Renew those of the datastore",
  exists: "there is one already",
  changed: "it is another version now than the one that was asked for",
  unreachable: "the server does not answer. Check the address and the network, or try again",
  busy: "the server asks to be called less often. Try again later",
  full: "there is no room left, or the quota is used up",
  unsupported: "this storage cannot do that",
  bad_path: "this storage cannot have a file of that name",
  corrupt: "the bytes that arrived are not those that were sent",
  failed: "the storage refused",
};

/** By the status alone; `failed` where it says nothing more. */
export function statusProblem(status: number): StorageProblem {
  if (status === 401 || status === 403) return "denied";
  if (status === 404 || status === 410) return "not_found";
  if (status === 405 || status === 501) return "unsupported";
  if (status === 412) return "changed";
  if (status === 413 || status === 507) return "full";
  if (status === 429 || status === 503) return "busy";
  if (status === 408 || status >= 500) return "unreachable";
  return "failed";
}

/** Null: it is no error of a connection. */
export function connectionProblem(error: unknown): StorageProblem | null {
  const code = codeOf(error);
  if (isConnectionCode(code)) return "unreachable";
  const name = error instanceof Error ? error.name : "";
  if (name === "TimeoutError" || name === "RequestAbortedError") return "unreachable";
  const says = error instanceof Error ? error.message : "";
  if (/socket hang up|premature close|aborted|other side closed/i.test(says)) return "unreachable";
  return /^E[A-Z]+$/.test(code) ? fileProblem(code) : null;
}

export function vendorFault(
  fault: Faults,
  path: string,
  { problem, retryAfterSeconds = null }: VendorProblem,
  error: unknown,
): StorageError {
  const said = saying(error).replace(/\.$/, "");
  const usual = isEmpty(said) ? WORDS[problem] : `${WORDS[problem]} (${said})`;
  const words = certificateProblem(error) ?? usual;
  return fault(problem, path, words, { cause: error, retryAfterSeconds });
}

/** Seconds of a Retry-After header, also one that names a time. */
export function retryAfter(header: string | null | undefined, now: number): number | null {
  if (header === null || header === undefined || header === "") return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1000));
}

const SAYING_NOTHING: ReadonlySet<string> = new Set([
  "UnknownError",
  "Unknown",
  "NotFound",
  "RestError",
]);

/** What SDKs say when an answer had no body. */
function isEmpty(said: string): boolean {
  return said === "" || SAYING_NOTHING.has(said);
}
