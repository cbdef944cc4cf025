// Takes secrets out of logs: the values that a run was handed by `pass_env` and `--env`, in the forms of `secret-forms.ts`.
// Streams, for whoever reads a log while it is written and for the file when it has ended; texts that are whole in one go.

import fs from "node:fs";
import { rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { isOutOfSpace } from "../core/out-of-space.ts";
import { type AttemptLog, openAttemptLog } from "./attempt-log.ts";
import { type Forms, secretForms } from "./secret-forms.ts";

const CHUNK_BYTES = 1 << 18;
const MASK = "***";

export interface Masker {
  /** What of everything so far can be shown; what may be the beginning of a secret waits for the next bytes. */
  push(bytes: Buffer): Buffer;
  /** What waited: nothing comes after it. */
  end(): Buffer;
  /** Something was masked. */
  readonly masked: boolean;
}

export function createMasker(values: readonly string[]): Masker {
  const forms = secretForms(values);
  if (forms.anywhere.length + forms.alone.length === 0)
    return { push: (bytes) => bytes, end: () => Buffer.alloc(0), masked: false };
  let waiting = "";
  /** The character before `waiting`: what stands alone is seen by its neighbours. */
  let before = "";
  let masked = false;
  const take = (text: string, atEnd: boolean): Buffer => {
    const whole = before + text;
    let cut = whole.length - (atEnd ? 0 : unfinished(text, forms));
    let shown = "";
    let at = before.length;
    const pattern = patternOf(whole, forms);
    for (const match of pattern === null ? [] : whole.matchAll(pattern)) {
      if (match.index >= cut) break;
      masked = true;
      shown += whole.slice(at, match.index) + MASK;
      at = match.index + match[0].length;
      cut = Math.max(cut, at);
    }
    shown += whole.slice(at, cut);
    waiting = whole.slice(cut);
    before = whole.slice(Math.max(0, cut - 1), cut);
    return Buffer.from(shown, "latin1");
  };
  return {
    push: (bytes) => take(waiting + bytes.toString("latin1"), false),
    end: () => take(waiting, true),
    get masked() {
      return masked;
    },
  };
}

/** The same for texts that are whole; null where there is nothing to mask. */
export function textMasker(values: readonly string[]): ((text: string) => string) | null {
  const forms = secretForms(values);
  if (forms.anywhere.length + forms.alone.length === 0) return null;
  return (text) => {
    const bytes = Buffer.from(text).toString("latin1");
    const pattern = patternOf(bytes, forms);
    return pattern === null ? text : Buffer.from(bytes.replace(pattern, MASK), "latin1").toString();
  };
}

/** Of the forms that occur in the text: looking for each by itself is many times as fast as one pattern of them all. */
function patternOf(text: string, { anywhere, alone }: Forms): RegExp | null {
  const literal = (form: string): string => form.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  const occurring = (forms: readonly string[]): readonly string[] =>
    forms.filter((form) => text.includes(form)).map(literal);
  const parts = [
    ...occurring(anywhere),
    ...occurring(alone).map((form) => `(?<![A-Za-z0-9_])${form}(?![A-Za-z0-9_])`),
  ];
  return parts.length === 0 ? null : new RegExp(parts.join("|"), "g");
}

/** How many characters at the end may be the beginning of a secret. */
function unfinished(text: string, { anywhere, alone }: Forms): number {
  let most = 0;
  for (const form of [...anywhere, ...alone]) {
    // One that must stand alone is not known to do so before its next character is.
    const longest = alone.includes(form) ? form.length : form.length - 1;
    for (let length = Math.min(longest, text.length); length > most; length -= 1)
      if (text.endsWith(form.slice(0, length))) {
        most = length;
        break;
      }
  }
  return most;
}

/**
 * Rewrites the log without the secrets, atomically; a log that holds none is only read. A log of any size keeps the caller
 * waiting, never its thread.
 */
export async function maskLog(
  path: string,
  values: readonly string[],
): Promise<"done" | "disk_full"> {
  const log = openAttemptLog(path);
  if (log === null || !(await holdsAny(log, values))) return "done";
  // A log that is shown under a second name is one file.
  const { file } = log;
  const again = openAttemptLog(file);
  if (again === null) return "done";
  const masked = `${file}.masked`;
  try {
    await pipeline(maskedBlocks(again, values), fs.createWriteStream(masked, { mode: 0o600 }));
    await rename(masked, file);
    return "done";
  } catch (error) {
    await rm(masked, { force: true });
    if (isOutOfSpace(error)) return "disk_full";
    throw error;
  }
}

async function holdsAny(log: AttemptLog, values: readonly string[]): Promise<boolean> {
  const masker = createMasker(values);
  for await (const chunk of chunksOf(log)) {
    masker.push(chunk);
    if (masker.masked) return true;
  }
  masker.end();
  return masker.masked;
}

async function* maskedBlocks(log: AttemptLog, values: readonly string[]): AsyncGenerator<Buffer> {
  const masker = createMasker(values);
  for await (const chunk of chunksOf(log)) yield masker.push(chunk);
  yield masker.end();
}

/** Closes it. */
function chunksOf({ file, handle }: AttemptLog): AsyncIterable<Buffer> {
  return fs.createReadStream(file, { fd: handle, highWaterMark: CHUNK_BYTES });
}
