// Takes secrets out of logs: the values that a run was handed by `pass_env` and `--env`, as they are and as they look in
// base64, in a URL and in JSON. Streams, for whoever reads a log while it is written and for the file when it has ended.

import fs from "node:fs";
import { rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { isOutOfSpace } from "../core/out-of-space.ts";

/** Values from here on are masked wherever they occur. */
const ANYWHERE = 6;
/** Values from here on are masked where they stand alone; shorter ones would blank out ordinary words and numbers. */
export const SHORTEST_MASKED = 4;
const CHUNK_BYTES = 1 << 20;
const MASK = "***";

interface Forms {
  /** Masked anywhere, longest first. */
  readonly anywhere: readonly string[];
  /** Masked between other characters than letters, digits and `_`. */
  readonly alone: readonly string[];
}

/** Every form of every value that must not be read, as latin1, which keeps every byte: a log need not be text. */
export function secretForms(values: readonly string[]): Forms {
  const anywhere = new Set<string>();
  const alone = new Set<string>();
  for (const value of values) {
    if (value.length < SHORTEST_MASKED) continue;
    (value.length < ANYWHERE ? alone : anywhere).add(value);
    const encoded = [
      Buffer.from(value).toString("base64"),
      Buffer.from(value).toString("base64url"),
      encodeURIComponent(value),
      JSON.stringify(value).slice(1, -1),
    ];
    for (const form of encoded) if (form.length >= ANYWHERE) anywhere.add(form);
  }
  const latin1 = (forms: ReadonlySet<string>): string[] =>
    [...forms]
      .map((form) => Buffer.from(form).toString("latin1"))
      .sort((a, b) => b.length - a.length);
  return { anywhere: latin1(anywhere), alone: latin1(alone) };
}

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
  const pattern = patternOf(forms);
  if (pattern === null)
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
    for (const match of whole.matchAll(pattern)) {
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

function patternOf({ anywhere, alone }: Forms): RegExp | null {
  const literal = (form: string): string => form.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  const parts = [
    ...anywhere.map(literal),
    ...alone.map((form) => `(?<![A-Za-z0-9_])${literal(form)}(?![A-Za-z0-9_])`),
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
  if (!fs.existsSync(path) || !(await holdsAny(path, values))) return "done";
  // A log that is shown under a second name is one file.
  const file = fs.realpathSync(path);
  const masked = `${file}.masked`;
  try {
    await pipeline(maskedBlocks(file, values), fs.createWriteStream(masked, { mode: 0o600 }));
    await rename(masked, file);
    return "done";
  } catch (error) {
    await rm(masked, { force: true });
    if (isOutOfSpace(error)) return "disk_full";
    throw error;
  }
}

async function holdsAny(file: string, values: readonly string[]): Promise<boolean> {
  const masker = createMasker(values);
  for await (const chunk of chunksOf(file)) {
    masker.push(chunk);
    if (masker.masked) return true;
  }
  masker.end();
  return masker.masked;
}

async function* maskedBlocks(file: string, values: readonly string[]): AsyncGenerator<Buffer> {
  const masker = createMasker(values);
  for await (const chunk of chunksOf(file)) yield masker.push(chunk);
  yield masker.end();
}

function chunksOf(file: string): AsyncIterable<Buffer> {
  return fs.createReadStream(file, { highWaterMark: CHUNK_BYTES });
}
