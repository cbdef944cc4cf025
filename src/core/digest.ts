// SHA-256 of a text, as everything in Stepwell is named. Pure: the same text gives the same name everywhere.

import { hash } from "node:crypto";

/** `sha256:<64 hex digits>` of the UTF-8 bytes of `text`. */
export function digest(text: string): string {
  return idOf(hash("sha256", text));
}

const PREFIX = "sha256:";
const HEX_DIGITS = 64;
const id = Buffer.alloc(PREFIX.length + HEX_DIGITS, PREFIX);

/**
 * `sha256:` before the 64 hex digits, in one piece: a text that is joined keeps the pieces that it was joined of, and a run of
 * 100,000 steps keeps a million ids.
 */
export function idOf(hex: string): string {
  id.write(hex, PREFIX.length, HEX_DIGITS, "latin1");
  return id.toString("latin1");
}
