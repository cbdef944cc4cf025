// What SSH and SFTP mean by their errors. Knows their codes, and no requests.

import type { StorageError, StorageProblem } from "../ports/storage.ts";
import { codeOf, type Faults } from "./fault.ts";
import { connectionProblem, vendorFault } from "./http-problem.ts";

/** Of SFTP version 3, which every server speaks. `FAILURE` is all that it says of most things. */
export const SFTP_STATUS = { noSuchFile: 2, denied: 3, failure: 4, unsupported: 8 } as const;

const BY_STATUS: Readonly<Record<number, StorageProblem>> = {
  [SFTP_STATUS.noSuchFile]: "not_found",
  [SFTP_STATUS.denied]: "denied",
  6: "unreachable",
  7: "unreachable",
  [SFTP_STATUS.unsupported]: "unsupported",
};

/** The server is not the one that it should be, or nobody said which one that is. */
export class UntrustedHost extends Error {}

/** Null: no error of SFTP. */
export function sftpStatus(error: unknown): number | null {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === "number" ? code : null;
}

export function sftpProblem(error: unknown): StorageProblem {
  if (error instanceof UntrustedHost) return "denied";
  const status = sftpStatus(error);
  if (status !== null) return BY_STATUS[status] ?? "failed";
  const { level = "", message = "" } = (error ?? {}) as { level?: string; message?: string };
  if (level === "client-authentication") return "denied";
  if (/privateKey|passphrase|private key/i.test(message)) return "denied";
  if (level === "client-socket" || level === "client-timeout") return "unreachable";
  if (
    /no response from server|not connected|connection (was )?(lost|closed)|channel|ended/i.test(
      message,
    )
  )
    return "unreachable";
  return connectionProblem(error) ?? (codeOf(error) === "" ? "failed" : "unreachable");
}

export function sftpFault(
  fault: Faults,
  path: string,
  error: unknown,
  problem: StorageProblem = sftpProblem(error),
): StorageError {
  if (error instanceof UntrustedHost) return fault("denied", path, error.message);
  return vendorFault(fault, path, { problem }, error);
}
