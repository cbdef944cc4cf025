// Takes secrets out of a log: the values that a run was handed by `pass_env` and `--env`, as they are and as they look in
// base64, in a URL and in JSON. Streams: a log of any size costs one buffer. Runs when an attempt has ended.

import fs from "node:fs";
import { rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

/** Shorter values would blank out ordinary words. */
const SHORTEST = 6;
const CHUNK_BYTES = 1 << 20;
const MASK = "***";

/** Every form of every value that must not be read, longest first. */
export function secretForms(values: readonly string[]): readonly string[] {
  const forms = new Set<string>();
  for (const value of values) {
    if (value.length < SHORTEST) continue;
    forms.add(value);
    forms.add(Buffer.from(value).toString("base64"));
    forms.add(Buffer.from(value).toString("base64url"));
    forms.add(encodeURIComponent(value));
    forms.add(JSON.stringify(value).slice(1, -1));
  }
  return [...forms].sort((a, b) => b.length - a.length);
}

/** A text without them, `forms` as {@link secretForms} gives them. */
export function maskText(text: string, forms: readonly string[]): string {
  return forms.reduce((masked, form) => masked.replaceAll(form, MASK), text);
}

/**
 * Rewrites the log without the secrets, atomically; a log that holds none is only read. A log of any size keeps the caller
 * waiting, never its thread.
 */
export async function maskLog(
  file: string,
  values: readonly string[],
): Promise<"done" | "disk_full"> {
  const forms = secretForms(values).map((form) => Buffer.from(form));
  if (forms.length === 0 || !fs.existsSync(file) || !(await holdsAny(file, forms))) return "done";
  const masked = `${file}.masked`;
  try {
    await pipeline(maskedBlocks(file, forms), fs.createWriteStream(masked, { mode: 0o600 }));
    await rename(masked, file);
    return "done";
  } catch (error) {
    await rm(masked, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT") return "disk_full";
    throw error;
  }
}

async function holdsAny(file: string, forms: readonly Buffer[]): Promise<boolean> {
  for await (const bytes of blocks(file, forms))
    if (forms.some((form) => bytes.includes(form))) return true;
  return false;
}

async function* maskedBlocks(file: string, forms: readonly Buffer[]): AsyncGenerator<Buffer> {
  const overlap = overlapOf(forms);
  let carried: Buffer = Buffer.alloc(0);
  for await (const chunk of fs.createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
    const bytes = maskBlock(Buffer.concat([carried, chunk as Buffer]), forms);
    // What may be the beginning of a secret waits for the next block.
    const keep = Math.min(overlap, bytes.length);
    yield bytes.subarray(0, bytes.length - keep);
    carried = Buffer.from(bytes.subarray(bytes.length - keep));
  }
  yield carried;
}

/** The file in pieces, each with the end of the one before it, so that no secret is cut in two. */
async function* blocks(file: string, forms: readonly Buffer[]): AsyncGenerator<Buffer> {
  const overlap = overlapOf(forms);
  let carried: Buffer = Buffer.alloc(0);
  for await (const chunk of fs.createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
    const bytes = Buffer.concat([carried, chunk as Buffer]);
    yield bytes;
    carried = bytes.subarray(Math.max(0, bytes.length - overlap));
  }
}

function overlapOf(forms: readonly Buffer[]): number {
  return Math.max(...forms.map((form) => form.length)) - 1;
}

function maskBlock(block: Buffer, forms: readonly Buffer[]): Buffer {
  let bytes = block;
  // latin1 keeps every byte: the log need not be text.
  for (const form of forms)
    if (bytes.includes(form))
      bytes = Buffer.from(
        bytes.toString("latin1").replaceAll(form.toString("latin1"), MASK),
        "latin1",
      );
  return bytes;
}
