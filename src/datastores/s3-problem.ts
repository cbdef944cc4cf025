// What S3 and its like mean by their errors. Knows the names that AWS, MinIO and Ceph give them, and no requests.

import type { StorageError, StorageProblem } from "../ports/storage.ts";
import type { Faults } from "./fault.ts";
import { connectionProblem, retryAfter, statusProblem, vendorFault } from "./http-problem.ts";

const BY_NAME: Readonly<Record<string, StorageProblem>> = {
  NoSuchBucket: "no_such_place",
  InvalidBucketName: "no_such_place",
  NoSuchKey: "not_found",
  NotFound: "not_found",
  NoSuchUpload: "not_found",
  NoSuchVersion: "not_found",
  AccessDenied: "denied",
  InvalidAccessKeyId: "denied",
  SignatureDoesNotMatch: "denied",
  InvalidToken: "denied",
  InvalidClientTokenId: "denied",
  AuthFailure: "denied",
  RequestTimeTooSkewed: "denied",
  CredentialsProviderError: "denied",
  XAdminUserNotFound: "denied",
  ExpiredToken: "expired",
  ExpiredTokenException: "expired",
  TokenRefreshRequired: "expired",
  PreconditionFailed: "changed",
  ConditionalRequestConflict: "busy",
  OperationAborted: "busy",
  SlowDown: "busy",
  SlowDownRead: "busy",
  SlowDownWrite: "busy",
  TooManyRequests: "busy",
  ThrottlingException: "busy",
  RequestTimeout: "unreachable",
  QuotaExceeded: "full",
  XMinioStorageFull: "full",
  XMinioAdminBucketQuotaExceeded: "full",
  BadDigest: "corrupt",
  InvalidDigest: "corrupt",
  XAmzContentSHA256Mismatch: "corrupt",
  IncompleteBody: "corrupt",
  InvalidPart: "corrupt",
  InvalidPartOrder: "corrupt",
  EntityTooSmall: "corrupt",
  KeyTooLongError: "bad_path",
  XMinioInvalidObjectName: "bad_path",
  NotImplemented: "unsupported",
  MethodNotAllowed: "unsupported",
};

interface Answered {
  readonly name?: string;
  readonly Code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

export function s3Problem(error: unknown): StorageProblem {
  const { name = "", Code = "", $metadata } = (error ?? {}) as Answered;
  const known = BY_NAME[Code] ?? BY_NAME[name];
  if (known !== undefined) return known;
  const status = $metadata?.httpStatusCode;
  if (status !== undefined && status >= 300) return statusProblem(status);
  return connectionProblem(error) ?? "failed";
}

export function s3Fault(
  fault: Faults,
  path: string,
  error: unknown,
  problem: StorageProblem = s3Problem(error),
): StorageError {
  const { $response, $metadata } = (error ?? {}) as Answered;
  const region = $response?.headers?.["x-amz-bucket-region"];
  if ($metadata?.httpStatusCode === 301 && region !== undefined)
    return fault("failed", path, `the bucket is in another region: set region to ${region}`);
  // A page for people instead of an answer: what its status says is all that is known.
  const unread = error instanceof Error && error.message.includes("XML parse error");
  const cause = unread ? new Error("UnknownError") : error;
  const wait = retryAfter($response?.headers?.["retry-after"], Date.now());
  return vendorFault(fault, path, { problem, retryAfterSeconds: wait }, cause);
}
