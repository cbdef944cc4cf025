// Counts, in one pass and before any parser runs, about how many nodes a YAML text has, so that a huge one is refused
// without filling memory. Never far below the truth; above it only for punctuation in plain text.

/** An upper estimate of the nodes, keys included. Block scalars, quoted text and comments count as one. */
export function estimateNodes(text: string): number {
  let count = 0;
  let at = 0;
  let blockIndent = -1;
  while (at < text.length) {
    const end = lineEnd(text, at);
    const first = skipBlanks(text, at, end);
    const indent = first - at;
    if (first === end || (blockIndent >= 0 && indent > blockIndent)) {
      at = end + 1;
      continue;
    }
    const line = scanLine(text, first, end);
    count += line.nodes;
    blockIndent = line.opensBlock ? indent : -1;
    at = line.next;
  }
  return count;
}

interface LineScan {
  readonly nodes: number;
  readonly opensBlock: boolean;
  /** Where the next line starts: later than this line's end when a quoted text spans lines. */
  readonly next: number;
}

function scanLine(text: string, first: number, end: number): LineScan {
  let nodes = 1;
  let at = first;
  while (at < end) {
    const character = text[at];
    const starts = at === first || OPENERS.has(text[at - 1] ?? "");
    if (character === "#" && starts) return { nodes, opensBlock: false, next: end + 1 };
    if ((character === '"' || character === "'") && starts) {
      const close = closingQuote(text, at, character);
      if (close >= end) return { nodes: nodes + 1, opensBlock: false, next: close + 1 };
      at = close;
    } else if (character === "," || character === "[" || character === "{") nodes += 1;
    else if (character === ":" && isBreak(text[at + 1])) nodes += 1;
    else if (character === "-" && at > first && isBreak(text[at + 1])) nodes += 1;
    at += 1;
  }
  return {
    nodes,
    opensBlock: BLOCK_HEADER.test(text.slice(Math.max(first, end - 80), end)),
    next: end + 1,
  };
}

const OPENERS = new Set([" ", "\t", "[", "{", ",", ":"]);
const BLOCK_HEADER = /(?:^|[\s:-])[|>][-+0-9]{0,2}\s*$/;

function isBreak(character: string | undefined): boolean {
  return character === undefined || /\s/.test(character);
}

function lineEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== "\n" && text[at] !== "\r") at += 1;
  return at;
}

function skipBlanks(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && (text[at] === " " || text[at] === "\t")) at += 1;
  return at;
}

function closingQuote(text: string, open: number, quote: string): number {
  let at = open + 1;
  while (at < text.length && text[at] !== quote) at += text[at] === "\\" && quote === '"' ? 2 : 1;
  return Math.min(at, text.length);
}
