// A number of things in words: `1 row`, `2 rows`. Knows only words that take an s.

export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
