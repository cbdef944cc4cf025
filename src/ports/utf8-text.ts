// Text of a file that must be UTF-8, or where it is not, as what it was saved instead, and how it becomes UTF-8. Knows
// nothing of what the text says.

import { quoted } from "../core/shell-word.ts";

export type Utf8Text =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string; readonly hint: string | null };

/** `file`: as the user would type it in the command that converts it. */
export function utf8Text(bytes: Buffer, file: string): Utf8Text {
  const utf16 = utf16Of(bytes);
  if (utf16 !== null)
    return {
      ok: false,
      reason: "it is UTF-16 (as PowerShell and Notepad may write it), not UTF-8 text",
      hint: `Save it as UTF-8: iconv -f ${utf16} -t UTF-8 ${quoted(file)} > NEW`,
    };
  try {
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return bytes.includes(0) ? { ok: false, reason: NO_TEXT, hint: null } : notUtf8(bytes);
  }
}

const NO_TEXT = "it is not UTF-8 text";

/** Without a mark at its start, by the empty half of its first two letters. */
function utf16Of(bytes: Buffer): string | null {
  const [a, b, c, d] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return "UTF-16";
  if (a && b === 0 && c && d === 0) return "UTF-16LE";
  return a === 0 && b && c === 0 && d ? "UTF-16BE" : null;
}

/** Where the first byte stands that no UTF-8 text has. */
function notUtf8(bytes: Buffer): Utf8Text {
  const read = bytes.toString("utf8");
  let at = 0;
  while (read[at] !== "\uFFFD" || isWritten(bytes, read, at)) at += 1;
  const before = read.slice(0, at);
  const line = before.split("\n").length;
  const column = before.length - before.lastIndexOf("\n");
  const byte = bytes[Buffer.byteLength(before)] ?? 0;
  return {
    ok: false,
    reason: `${NO_TEXT}: line ${line}, column ${column} has the byte 0x${byte.toString(16)}`,
    hint: "Save it as UTF-8: the editor shows which encoding it has now.",
  };
}

/** The character that stands for what cannot be read may be in the text itself. */
function isWritten(bytes: Buffer, read: string, at: number): boolean {
  const start = Buffer.byteLength(read.slice(0, at));
  return bytes.subarray(start, start + 3).equals(Buffer.from("\uFFFD"));
}
