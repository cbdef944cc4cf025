// Any text as plain letters and digits, for names that people type and folders are called by. Pure.

/** `Größe: très` → `Grosse_tres`; everything else between them becomes one `joint`, and none stands at the ends. */
export function plainLetters(text: string, joint: "-" | "_"): string {
  return text
    .replaceAll("ß", "ss")
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .split(/[^A-Za-z0-9]+/)
    .filter((part) => part !== "")
    .join(joint);
}
