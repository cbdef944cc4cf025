// What the operating system's error codes mean for a storage: of files, and of connections.

import type { StorageProblem } from "../ports/storage.ts";

const OF_FILES: Readonly<Record<string, StorageProblem>> = {
  ENOENT: "not_found",
  EACCES: "denied",
  EPERM: "denied",
  EROFS: "denied",
  EEXIST: "exists",
  ENOSPC: "full",
  EDQUOT: "full",
  EFBIG: "full",
  ENAMETOOLONG: "bad_path",
  ENOTDIR: "bad_path",
  EISDIR: "bad_path",
  ELOOP: "bad_path",
  EILSEQ: "bad_path",
  EINVAL: "bad_path",
  EMFILE: "busy",
  ENFILE: "busy",
  EAGAIN: "busy",
  EBUSY: "busy",
  EXDEV: "unsupported",
  ENOTSUP: "unsupported",
  EOPNOTSUPP: "unsupported",
  ESTALE: "unreachable",
  EHOSTDOWN: "unreachable",
  ENOTCONN: "unreachable",
};

const OF_CONNECTIONS: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "ETIMEDOUT",
  "ESOCKETTIMEDOUT",
  "EPIPE",
  "ERR_STREAM_PREMATURE_CLOSE",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_SOCKET",
]);

export function fileProblem(code: string): StorageProblem {
  return OF_FILES[code] ?? (OF_CONNECTIONS.has(code) ? "unreachable" : "failed");
}

export function isConnectionCode(code: string): boolean {
  return OF_CONNECTIONS.has(code);
}
