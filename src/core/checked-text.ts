// A text of a cache behind a line by which it is known when the disk has altered it: such a text counts as lost.

import { hash } from "node:crypto";

/** `format`: bumped when the layout of the text changes. */
export function checkedText(format: string, text: string): string {
  return `${format} ${hash("sha256", text)}\n${text}`;
}

/** Null for what is not as it was written, or in another format. */
export function textOfChecked(format: string, written: string): string | null {
  const text = written.slice(written.indexOf("\n") + 1);
  return checkedText(format, text) === written ? text : null;
}
