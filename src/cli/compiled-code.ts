// What V8 made of our code the last time, kept in the per-user cache so that it need not be made anew: a short command
// spends a fifth of its time on that. It is code: only what this very user wrote, and wrote whole, is taken.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { openFile } from "../ports/read-file.ts";

/** More are not kept; one is a megabyte, and there is one for each verb. */
const KEPT = 48;
const DIGEST_BYTES = 32;
const HEAD_BYTES = 1 + DIGEST_BYTES;
/** Anybody's but the owner's permission to write. */
const OTHERS_WRITE = 0o022;

export interface CompiledCode {
  readonly code: Buffer;
  /** How often it was written, each time with what one more command had used. */
  readonly times: number;
}

/** Null when there is none that may be trusted. */
export function readCompiled(file: string): CompiledCode | null {
  try {
    if (!isOurs(fs.lstatSync(path.dirname(file)))) return null;
    const handle = openFile(file, fs.constants.O_NOFOLLOW);
    try {
      if (!isOurs(fs.fstatSync(handle))) return null;
      const bytes = fs.readFileSync(handle);
      const code = bytes.subarray(HEAD_BYTES);
      const isWhole = digestOf(code).equals(bytes.subarray(1, HEAD_BYTES));
      return isWhole ? { code, times: bytes[0] as number } : null;
    } finally {
      fs.closeSync(handle);
    }
  } catch {
    return null;
  }
}

/** Best effort: without it the next command is a little slower. */
export function writeCompiled(file: string, { code, times }: CompiledCode): void {
  const folder = path.dirname(file);
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!isOurs(fs.lstatSync(folder))) return;
    const bytes = Buffer.concat([Buffer.from([times]), digestOf(code), code]);
    fs.writeFileSync(temporary, bytes, { mode: 0o600, flag: "wx" });
    fs.renameSync(temporary, file);
    forgetOldest(folder);
  } catch {
    remove(temporary);
  }
}

function remove(file: string): void {
  try {
    fs.unlinkSync(file);
  } catch {
    // Not there, or not ours to remove.
  }
}

function isOurs({ uid, mode }: fs.Stats): boolean {
  return uid === process.getuid?.() && (mode & OTHERS_WRITE) === 0;
}

function digestOf(code: Buffer): Buffer {
  return createHash("sha256").update(code).digest();
}

function forgetOldest(folder: string): void {
  const files = fs.readdirSync(folder).map((name) => path.join(folder, name));
  if (files.length <= KEPT) return;
  const byAge = files
    .map((file) => ({ file, at: fs.statSync(file).mtimeMs }))
    .sort((a, b) => b.at - a.at);
  for (const { file } of byAge.slice(KEPT)) remove(file);
}
