// What an input or output may be called: the name becomes a folder and part of a variable's name.

/** Letters, digits, `_`, `-` and `.`, not starting with a mark. */
export function isPortName(name: string): boolean {
  return name.length <= 255 && /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name);
}
