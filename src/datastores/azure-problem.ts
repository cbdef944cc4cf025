// What Azure Storage means by its errors. Knows their codes, and no requests.

import type { StorageError, StorageProblem } from "../ports/storage.ts";
import type { Faults } from "./fault.ts";
import { connectionProblem, retryAfter, statusProblem, vendorFault } from "./http-problem.ts";

const BY_CODE: Readonly<Record<string, StorageProblem>> = {
  ContainerNotFound: "no_such_place",
  ContainerBeingDeleted: "no_such_place",
  ContainerDisabled: "no_such_place",
  FilesystemNotFound: "no_such_place",
  AccountIsDisabled: "no_such_place",
  BlobNotFound: "not_found",
  ResourceNotFound: "not_found",
  PathNotFound: "not_found",
  CannotVerifyCopySource: "not_found",
  AuthenticationFailed: "denied",
  AuthorizationFailure: "denied",
  AuthorizationPermissionMismatch: "denied",
  InsufficientAccountPermissions: "denied",
  InvalidAuthenticationInfo: "denied",
  NoAuthenticationInformation: "denied",
  PublicAccessNotPermitted: "denied",
  ExpiredAuthenticationToken: "expired",
  ConditionNotMet: "changed",
  SourceConditionNotMet: "changed",
  BlobAlreadyExists: "exists",
  UnauthorizedBlobOverwrite: "exists",
  InvalidBlockList: "busy",
  ServerBusy: "busy",
  LeaseIdMissing: "busy",
  PendingCopyOperation: "busy",
  OperationTimedOut: "unreachable",
  InternalError: "unreachable",
  Md5Mismatch: "corrupt",
  Crc64Mismatch: "corrupt",
  InvalidResourceName: "bad_path",
  InvalidUri: "bad_path",
  PathIsTooDeep: "bad_path",
  REQUEST_SEND_ERROR: "unreachable",
};

const NOT_SIGNED_IN: ReadonlySet<string> = new Set([
  "CredentialUnavailableError",
  "AuthenticationRequiredError",
  "AuthenticationError",
  "AggregateAuthenticationError",
]);

interface Answered {
  readonly code?: string;
  readonly name?: string;
  readonly message?: string;
  readonly statusCode?: number;
  readonly response?: { readonly headers?: { get(name: string): string | undefined } };
}

/** An answer without a body (of HEAD) says it in a header alone; "" where nothing says it. */
export function azureCode(error: unknown): string {
  const { code = "", response } = (error ?? {}) as Answered;
  return response?.headers?.get("x-ms-error-code") ?? code;
}

export function azureProblem(error: unknown): StorageProblem {
  const { name = "", message = "", statusCode } = (error ?? {}) as Answered;
  if (NOT_SIGNED_IN.has(name)) return "denied";
  // A token of a signature that is over is refused like a wrong one; only the text says which it is.
  if (/not valid in the specified time frame|token (is|has) expired/i.test(message))
    return "expired";
  const known = BY_CODE[azureCode(error)];
  if (known !== undefined) return known;
  if (statusCode !== undefined && statusCode >= 300) return statusProblem(statusCode);
  return connectionProblem(error) ?? "failed";
}

export function azureFault(
  fault: Faults,
  path: string,
  error: unknown,
  problem: StorageProblem = azureProblem(error),
): StorageError {
  const headers = ((error ?? {}) as Answered).response?.headers;
  const retryAfterSeconds = retryAfter(headers?.get("retry-after"), Date.now());
  return vendorFault(fault, path, { problem, retryAfterSeconds }, error);
}
