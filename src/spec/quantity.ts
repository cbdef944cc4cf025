// Reads durations (`30s`, `1d`) and sizes (`4GB`, `512MiB`). Knows nothing of what they limit.

/** Seconds, or null for a text that is no duration. A bare number counts seconds. */
export function parseDuration(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(s|sec|m|min|h|d|w)?\s*$/i.exec(text);
  if (match === null) return null;
  return Number(match[1]) * (SECONDS.get((match[2] ?? "s").toLowerCase()) ?? 1);
}

/** Bytes, or null. `KB`, `MB`… count thousands, `KiB`, `MiB`… 1,024; a bare number counts bytes. */
export function parseBytes(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(?:([kmgtp])(i?)b?|b)?\s*$/i.exec(text);
  if (match === null) return null;
  const power = " kmgtp".indexOf((match[2] ?? " ").toLowerCase());
  return Math.floor(Number(match[1]) * (match[3] ? 1024 : 1000) ** power);
}

const SECONDS = new Map([
  ["s", 1],
  ["sec", 1],
  ["m", 60],
  ["min", 60],
  ["h", 3_600],
  ["d", 86_400],
  ["w", 604_800],
]);
