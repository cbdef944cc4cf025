// SHA-256 of a text, as everything in Stepwell is named. Pure: the same text gives the same name everywhere.

import { hash } from "node:crypto";

/** `sha256:<64 hex digits>` of the UTF-8 bytes of `text`. */
export function digest(text: string): string {
  return `sha256:${hash("sha256", text)}`;
}
