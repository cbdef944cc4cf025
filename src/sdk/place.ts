// Where in the user's source a definition stands. A stack is taken with each call and read only when somebody asks: of ten
// thousand steps nobody does.

import path from "node:path";
import { fileURLToPath } from "node:url";

/** A place in a source file; line and column from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Asks for the place of a call in the user's source; null where it is not known. */
export type Origin = () => SourcePlace | null;

/** Frames of our own that may stand above the user's. */
const DEPTH = 12;

/** The user's code that called into this folder just now. */
export function originOfCall(): Origin {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = DEPTH;
  const taken = new Error();
  Error.stackTraceLimit = limit;
  let known: SourcePlace | null | undefined;
  return () => {
    known ??= userPlace(taken.stack ?? "");
    return known;
  };
}

/** The first frame of a stack that is the user's, or null. */
export function userPlace(stack: string): SourcePlace | null {
  for (const frame of stack.split("\n").slice(1)) {
    const place = placeOf(frame);
    if (place !== null && !isOurs(place.file)) return place;
  }
  return null;
}

function placeOf(frame: string): SourcePlace | null {
  const found = /(?:\(|^at (?:async )?)((?:file:\/\/)?\/.*):(\d+):(\d+)\)?$/.exec(frame.trim());
  if (found === null) return null;
  const [, where = "", line, column] = found;
  try {
    const file = where.startsWith("file:") ? fileURLToPath(where.replace(/\?.*$/, "")) : where;
    return { file, line: Number(line), column: Number(column) };
  } catch {
    return null;
  }
}

// Bundled, our frames are shown at the sources that the bundle was made of.
const OWN = [".", "../src/sdk/"].map((one) => fileURLToPath(new URL(one, import.meta.url)));
const OWN_TEST = /\.test\.ts$/;

function isOurs(file: string): boolean {
  if (file.includes(`${path.sep}node_modules${path.sep}tsx${path.sep}`)) return true;
  return OWN.some((folder) => file.startsWith(folder)) && !OWN_TEST.test(file);
}
