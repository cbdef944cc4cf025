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

interface Mistake {
  readonly message: string;
  readonly hint: string;
}

/** Below this a number without a unit was hardly meant as bytes. */
const LEAST_BARE = 2 ** 20;
/** Less than a shell needs to begin. */
const LEAST_MEMORY = 16 * 2 ** 20;

/** Bytes as a person writes them; what is wrong where it is no size, or where its unit seems to be forgotten. */
export function readSize(text: string, example: string): number | Mistake {
  const bytes = parseBytes(text);
  if (bytes === null)
    return { message: `\`${text}\` is not a size`, hint: `Write it like ${example}.` };
  const number = text.trim();
  if (bytes === 0 || bytes >= LEAST_BARE || !/^[\d.]+$/.test(number)) return bytes;
  const message = `\`${text}\` is ${bytes} ${bytes === 1 ? "byte" : "bytes"}: a size without a unit counts bytes`;
  return { message, hint: `Write its unit: \`${number}GB\`, or \`${number}B\` if that is meant.` };
}

/** The memory of a step, or of what steps run on. */
export function readMemory(text: string, example: string): number | Mistake {
  const bytes = readSize(text, example);
  if (typeof bytes === "number" && bytes >= LEAST_MEMORY) return bytes;
  if (typeof bytes !== "number" && parseBytes(text) === null) return bytes;
  // So few bytes cannot be meant.
  if (typeof bytes !== "number") return { ...bytes, hint: `Write its unit: \`${text.trim()}GB\`.` };
  return { message: `\`${text}\` is less memory than a step can begin with`, hint: LEAST_HINT };
}

const LEAST_HINT = "Give it 16MiB or more, or leave it out.";

const SECONDS = new Map([
  ["s", 1],
  ["sec", 1],
  ["m", 60],
  ["min", 60],
  ["h", 3_600],
  ["d", 86_400],
  ["w", 604_800],
]);
