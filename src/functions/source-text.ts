// Text cut from other text, with the source map that follows it. Knows mappings and nothing of what the text means.

import path from "node:path";
import { encode, type SourceMapSegment } from "@jridgewell/sourcemap-codec";
import { decodedMappings, originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";

/** A range of the text, perhaps with other words in its place, or words of our own. */
export type Piece =
  | { readonly start: number; readonly end: number; readonly words?: string }
  | string;

/** Text that was made from a file, and where each part of it was there. */
export interface MappedText {
  readonly text: string;
  readonly map: TraceMap;
}

/** 1-based, as people count. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The pieces in their order, with a map to where the whole text itself was made from. */
export function cutText(whole: MappedText, pieces: readonly Piece[]): MappedText {
  const starts = lineStarts(whole.text);
  const lines = decodedMappings(whole.map) as readonly (readonly SourceMapSegment[])[];
  const mappings: SourceMapSegment[][] = [[]];
  const texts: string[] = [];
  let column = 0;
  const add = (words: string) => {
    texts.push(words);
    const breaks = words.split("\n");
    const tail = breaks.at(-1)?.length ?? 0;
    column = breaks.length === 1 ? column + tail : tail;
    for (const _ of breaks.slice(1)) mappings.push([]);
  };
  for (const piece of pieces) {
    if (typeof piece === "string") {
      mappings.at(-1)?.push([column]);
      add(piece);
      continue;
    }
    let line = lineAt(starts, piece.start);
    for (let at = piece.start; at < piece.end; line += 1) {
      const start = starts[line] ?? 0;
      const end = Math.min(piece.end, starts[line + 1] ?? whole.text.length);
      const to = piece.words === undefined ? end : at + 1;
      const segments = segmentsBetween(lines[line] ?? [], at - start, to - start);
      for (const segment of segments) mappings.at(-1)?.push(moved(segment, column - (at - start)));
      add(piece.words ?? whole.text.slice(at, end));
      at = end;
    }
  }
  const { sources, names } = whole.map;
  return {
    text: texts.join(""),
    map: new TraceMap({ version: 3, sources, names: [...names], mappings: encode(mappings) }),
  };
}

/** The text with its map in a comment, as bundlers read it. */
export function withInlineMap(mapped: MappedText): string {
  const { sources, names } = mapped.map;
  const mappings = encode(decodedMappings(mapped.map) as SourceMapSegment[][]);
  const json = JSON.stringify({ version: 3, sources, names, mappings });
  const data = Buffer.from(json).toString("base64");
  return `${mapped.text}\n//# sourceMappingURL=data:application/json;base64,${data}\n`;
}

/** Where a character of the text was in the file; null when it was not in one. */
export function originalPlace(
  mapped: MappedText,
  offset: number,
): (Place & { readonly source: string }) | null {
  const before = mapped.text.slice(0, offset);
  const line = before.split("\n").length;
  const found = originalPositionFor(mapped.map, { line, column: columnOf(before) });
  if (found.source === null) return null;
  return { source: found.source, line: found.line, column: found.column + 1 };
}

/** 1-based, in a file by its absolute path. */
export interface SourcePlace extends Place {
  readonly file: string;
}

/** The same for many characters of a long text. */
export function originalPlaces(
  mapped: MappedText,
  folder: string,
): (offset: number) => SourcePlace | null {
  const starts = lineStarts(mapped.text);
  return (offset) => {
    const line = lineAt(starts, offset);
    const column = offset - (starts[line] ?? 0);
    const found = originalPositionFor(mapped.map, { line: line + 1, column });
    if (found.source === null) return null;
    return {
      file: path.resolve(folder, found.source),
      line: found.line,
      column: found.column + 1,
    };
  };
}

function moved(segment: SourceMapSegment, by: number): SourceMapSegment {
  const copy = [...segment] as SourceMapSegment;
  copy[0] += by;
  return copy;
}

/** What maps the columns from `from` up to `to`: the first may begin before them. */
function segmentsBetween(
  segments: readonly SourceMapSegment[],
  from: number,
  to: number,
): readonly SourceMapSegment[] {
  const within = segments.filter((segment) => segment[0] >= from && segment[0] < to);
  if (within[0]?.[0] === from) return within;
  const before = segments.filter((segment) => segment[0] < from).at(-1);
  return before === undefined ? within : [moved(before, from - before[0]), ...within];
}

function columnOf(text: string): number {
  return text.length - (text.lastIndexOf("\n") + 1);
}

function lineStarts(text: string): readonly number[] {
  return [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
}

function lineAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
