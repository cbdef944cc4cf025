// How a backend says what went wrong: one StorageError that names address and path, from which every secret is taken out,
// the cause included. Knows no vendor.

import { StorageError, type StorageProblem } from "../ports/storage.ts";

export interface FaultDetail {
  readonly cause?: unknown;
  readonly retryAfterSeconds?: number | null;
}

/** Makes the error of one storage. `path` "": the place itself. */
export type Faults = (
  problem: StorageProblem,
  path: string,
  says: string,
  detail?: FaultDetail,
) => StorageError;

/** Shorter ones would hide half of a message, and are no secrets. */
const SHORTEST_SECRET = 4;

export function faultsOf(address: string, secrets: readonly string[]): Faults {
  const hide = hiding(secrets);
  return (problem, path, says, detail = {}) => {
    const place = path === "" ? address : `${address.replace(/\/$/, "")}/${path}`;
    const retryAfterSeconds = detail.retryAfterSeconds ?? null;
    return new StorageError(problem, hide(`${place}: ${says}`), {
      ...(detail.cause === undefined ? {} : { cause: plainCause(detail.cause, hide) }),
      ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
    });
  };
}

/** What an error says of itself, for the middle of a message. */
export function saying(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error.cause instanceof Error && error.message === "fetch failed";
  const text = inner ? saying(error.cause) : error.message.trim();
  const [first = ""] = text.split("\n");
  return first === "" ? codeOf(error) || error.name : first;
}

/** `ECONNREFUSED` and its like, wherever an SDK put it; "" where there is none. */
export function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  if ("errors" in error && Array.isArray(error.errors)) {
    const code = codeOf(error.errors[0]);
    if (code !== "") return code;
  }
  return "cause" in error ? codeOf(error.cause) : "";
}

/** SDKs hang requests with their headers on errors: of a cause only what it says is kept. */
function plainCause(cause: unknown, hide: (text: string) => string): Error {
  const code = codeOf(cause);
  const name = cause instanceof Error ? cause.name : "Error";
  const plain = new Error(hide(`${name}${code === "" ? "" : ` ${code}`}: ${saying(cause)}`));
  plain.stack = hide(plain.stack ?? "");
  return plain;
}

function hiding(secrets: readonly string[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString("base64"),
      JSON.stringify(secret).slice(1, -1),
    ]);
  const longestFirst = [...new Set(forms)].sort((one, other) => other.length - one.length);
  return (text) => longestFirst.reduce((left, form) => left.replaceAll(form, "***"), text);
}
