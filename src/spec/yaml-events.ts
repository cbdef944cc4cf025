// The events of a YAML text, as PyYAML would read it: inside of brackets and quotes a line may start anywhere, which the
// parser takes only deeper in than what is around. Such lines are moved in for the parser, and its places moved back.

import { EVENT_ID, type Event, parseEvents, YAMLException } from "js-yaml";

/** The text is parsed again for each such line; what is read in all is kept within this many characters. */
const MOST_READ = 4_000_000;

/** Throws the parser's own exception, with its place in the text as it is. */
export function yamlEvents(text: string, maxDepth: number): Event[] {
  const starts: number[] = [];
  let first: YAMLException | null = null;
  for (let read = 0; first === null || read < MOST_READ; read += text.length) {
    try {
      const events = parseEvents(movedIn(text, starts), { maxDepth });
      if (starts.length > 0) for (const event of events) moveBack(event, starts);
      return events;
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      first ??= error;
      const start = shallowLine(text, starts, error);
      // What is wrong behind such a line may come of it: a bracket that nobody closes.
      if (start === null) throw first;
      starts.push(start);
    }
  }
  throw first;
}

/** Deeper than any line starts that people write; a text with deeper ones stays as the parser takes it. */
const INDENT = " ".repeat(200);

function movedIn(text: string, starts: readonly number[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const start of starts) {
    parts.push(text.slice(from, start), INDENT);
    from = start;
  }
  return parts.length === 0 ? text : parts.join("") + text.slice(from);
}

/** Where the line starts that the parser wants deeper in; null for any other mistake. */
function shallowLine(text: string, starts: readonly number[], error: YAMLException): number | null {
  if (error.reason !== "deficient indentation" || error.mark === undefined) return null;
  const place = movedBack(error.mark.position, starts);
  const start = text.lastIndexOf("\n", place - 1) + 1;
  const isNew = start > (starts.at(-1) ?? -1);
  return isNew && !/^(?:---|\.\.\.)(?:\s|$)/.test(text.slice(start, start + 4)) ? start : null;
}

function moveBack(event: Event, starts: readonly number[]): void {
  if (event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP) return;
  event.anchorStart = movedBack(event.anchorStart, starts);
  event.anchorEnd = movedBack(event.anchorEnd, starts);
  if (event.type === EVENT_ID.ALIAS) return;
  event.tagStart = movedBack(event.tagStart, starts);
  event.tagEnd = movedBack(event.tagEnd, starts);
  if (event.type === EVENT_ID.SCALAR) {
    event.valueStart = movedBack(event.valueStart, starts);
    event.valueEnd = movedBack(event.valueEnd, starts);
  } else event.start = movedBack(event.start, starts);
}

/** The place in the text as it is; one inside of what was put in is the start of its line. */
function movedBack(place: number, starts: readonly number[]): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] as number) + middle * INDENT.length < place) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return place;
  return Math.max(place - low * INDENT.length, starts[low - 1] as number);
}
