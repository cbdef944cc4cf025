// Text of others as one harmless line for a person: what would move a cursor, break a line or turn the direction of
// reading is written out.

const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that are written out
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

export function oneLine(text: string): string {
  return text.replaceAll(HIDDEN, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);
}
