// Which paths a storage takes: those that mean one file below its root wherever they are used. Looks at names alone.

import type { Faults } from "./fault.ts";

export interface PathLimits {
  /** Of the whole path in UTF-8, the root's prefix included. */
  readonly maxBytes: number;
  /** Of what lies between two `/`. */
  readonly maxPartBytes: number;
  /** What the storage reads as `/`, or cannot have in a name. */
  readonly forbidden?: RegExp;
}

/** What backends on a file system call unfinished files: nobody may have such a name, and it is never listed. */
export const UNFINISHED = ".stepwell-tmp-";

/** Throws `bad_path` unless `path` names a file. */
export function checkPath(path: string, prefix: string, limits: PathLimits, fault: Faults): void {
  const says = mistakeIn(path, prefix, limits);
  if (says !== null) throw fault("bad_path", "", `${JSON.stringify(shown(path))} ${says}`);
}

/** As `checkPath`; "" is everything. */
export function checkPrefix(path: string, prefix: string, limits: PathLimits, fault: Faults): void {
  if (path !== "") checkPath(path, prefix, limits, fault);
}

/** Whether it can be a path of ours, and is one that can be opened again. */
export function isPath(path: string, prefix: string, limits: PathLimits): boolean {
  return mistakeIn(path, prefix, limits) === null && !path.includes("\ufffd");
}

function mistakeIn(path: string, prefix: string, limits: PathLimits): string | null {
  if (path === "") return "is no path of a file";
  if (path.includes("\0")) return "has a NUL character in it; no storage can have that";
  if (/\p{Surrogate}/u.test(path))
    return "is no valid Unicode, so it has no UTF-8 form; rename the file";
  if (path.startsWith("/")) return "begins with /; paths are below the root of the datastore";
  const parts = path.split("/");
  if (parts.includes("")) return "has an empty part (// or / at its end)";
  if (parts.includes("..") || parts.includes("."))
    return "has . or .. in it; write the path without";
  if (limits.forbidden?.test(path) === true)
    return "has a character in it that this kind of storage cannot keep; rename the file";
  return tooLong(path, parts, prefix, limits);
}

function tooLong(
  path: string,
  parts: readonly string[],
  prefix: string,
  limits: PathLimits,
): string | null {
  const whole = Buffer.byteLength(prefix === "" ? path : `${prefix}/${path}`);
  if (whole > limits.maxBytes)
    return `is ${whole} bytes long; at most ${limits.maxBytes} are possible here`;
  const long = parts.find((part) => Buffer.byteLength(part) > limits.maxPartBytes);
  if (long === undefined) return null;
  return `has a name of ${Buffer.byteLength(long)} bytes in it; at most ${limits.maxPartBytes} are possible here`;
}

function shown(path: string): string {
  return path.length <= 200 ? path : `${path.slice(0, 200)}…`;
}
