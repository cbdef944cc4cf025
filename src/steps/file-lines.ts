// The lines of a file of any size, in pieces: what a step wrote may be more than fits into one text.

import fs from "node:fs";
import { openFile } from "../ports/read-file.ts";

const PIECE_BYTES = 1 << 20;
/** The rest of a longer line is left out. */
const LINE_BYTES = 4 << 20;
const NEWLINE = 10;

/** The last is what stands behind the last end of a line, if only nothing. Throws where there is no such file. */
export function* fileLines(
  file: string,
  encoding: "utf8" | "latin1",
  mostBytes = Number.POSITIVE_INFINITY,
): Iterable<string> {
  const handle = openFile(file);
  try {
    const sizeBytes = fs.fstatSync(handle).size;
    const piece = Buffer.alloc(Math.min(Math.max(sizeBytes, 1), PIECE_BYTES));
    let begun = Buffer.alloc(0);
    for (let at = 0; at < mostBytes; ) {
      const length = fs.readSync(handle, piece, 0, piece.length, at);
      if (length === 0) break;
      at += length;
      const end = piece.lastIndexOf(NEWLINE, length - 1);
      if (end >= 0) {
        yield* Buffer.concat([begun, piece.subarray(0, end)])
          .toString(encoding)
          .split("\n");
        begun = Buffer.from(piece.subarray(end + 1, length));
      } else if (begun.length < LINE_BYTES)
        begun = Buffer.concat([begun, piece.subarray(0, length)]);
    }
    yield begun.toString(encoding);
  } finally {
    fs.closeSync(handle);
  }
}
