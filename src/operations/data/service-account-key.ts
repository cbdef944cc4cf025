// Whether a text is the key of a Google service account: whoever signs with another one says only what a cryptographic library
// says of it.

import { createPrivateKey } from "node:crypto";

/** What is wrong with it, to go on after `the key`; null where nothing is. Quotes nothing of it. */
export function mistakeOfKey(json: string): string | null {
  const key = parsed(json);
  if (key === null) return "is not the JSON of a key file";
  // Other kinds of keys, which Google's library takes as well, have none.
  if (!("private_key" in key)) return null;
  return isPrivateKey(key.private_key)
    ? null
    : "has a `private_key` that is none: it was cut or altered";
}

function parsed(json: string): object | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

function isPrivateKey(pem: unknown): boolean {
  try {
    return typeof pem === "string" && createPrivateKey(pem) !== null;
  } catch {
    return false;
  }
}
