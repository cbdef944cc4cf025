// Takes secrets out of a log: the values that a run was handed by `pass_env` and `--env`, as they are and as they look in
// base64, in a URL and in JSON. Streams: a log of any size costs one buffer. Runs when an attempt has ended.

import fs from "node:fs";

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

/** Rewrites the log without the secrets, atomically; does nothing where none occurs. */
export function maskLog(file: string, values: readonly string[]): void {
  const forms = secretForms(values).map((form) => Buffer.from(form));
  if (forms.length === 0 || !fs.existsSync(file)) return;
  const overlap = Math.max(...forms.map((form) => form.length)) - 1;
  const masked = `${file}.masked`;
  const source = fs.openSync(file, "r");
  const target = fs.openSync(masked, "w", 0o600);
  let changed = false;
  try {
    let carried = Buffer.alloc(0);
    const buffer = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const read = fs.readSync(source, buffer, 0, CHUNK_BYTES, null);
      const block = maskBlock(Buffer.concat([carried, buffer.subarray(0, read)]), forms);
      changed ||= block.changed;
      // What may be the beginning of a secret waits for the next block.
      const keep = read === 0 ? 0 : Math.min(overlap, block.bytes.length);
      fs.writeSync(target, block.bytes.subarray(0, block.bytes.length - keep));
      carried = Buffer.from(block.bytes.subarray(block.bytes.length - keep));
      if (read === 0) break;
    }
  } finally {
    fs.closeSync(source);
    fs.closeSync(target);
  }
  if (changed) fs.renameSync(masked, file);
  else fs.rmSync(masked);
}

function maskBlock(
  block: Buffer,
  forms: readonly Buffer[],
): { readonly bytes: Buffer; readonly changed: boolean } {
  let bytes = block;
  let changed = false;
  for (const form of forms) {
    if (bytes.indexOf(form) < 0) continue;
    changed = true;
    // latin1 keeps every byte: the log need not be text.
    bytes = Buffer.from(
      bytes.toString("latin1").replaceAll(form.toString("latin1"), MASK),
      "latin1",
    );
  }
  return { bytes, changed };
}
