// Writes the body of a server's answer to a file, however long that takes: only a server that sends nothing any more is
// given up. Says now and then how far it is. Knows nothing of what was asked for.

import fs from "node:fs";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  bytesMoved,
  listed,
  noProgress,
  type Progress,
  progressLine,
  report,
} from "../../transfers/transfer-progress.ts";

/** A server that sends nothing for so long has gone away. */
export const SILENCE_MS = 60_000;
/** Lines of progress are this far apart. */
const LINE_EVERY_MS = 5_000;

/** Gives a request up when its server is silent; `heard` begins the time anew. */
export interface Patience {
  readonly signal: AbortSignal;
  heard(): void;
  end(): void;
}

/** A process that stood still (Ctrl-Z, a laptop asleep) has lost one of these, however long that was. */
const LOOKS = 10;

export function patience(silenceMs: number): Patience {
  const gone = new AbortController();
  let quietLooks = 0;
  const timer = setInterval(() => {
    quietLooks += 1;
    if (quietLooks < LOOKS) return;
    clearInterval(timer);
    gone.abort(new Error(`nothing came for ${Math.round(silenceMs / 1000)} s`));
  }, silenceMs / LOOKS);
  const heard = (): void => {
    quietLooks = 0;
  };
  return { signal: gone.signal, heard, end: () => clearInterval(timer) };
}

/** Throws when the body ends early or the file cannot be written. */
export async function writeBody(
  response: Response,
  file: string,
  { heard, signal }: Patience,
  say: (line: string) => void,
): Promise<void> {
  const size = Number(response.headers.get("content-length") ?? Number.NaN);
  // The length of what was packed for the way says nothing of the file.
  const isKnown = Number.isFinite(size) && !response.headers.has("content-encoding");
  let progress: Progress = noProgress(performance.now());
  if (isKnown) progress = listed(progress, 1, size);
  let saidAt = performance.now();
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      heard();
      const now = performance.now();
      progress = bytesMoved(progress, chunk.length, now);
      if (now - saidAt >= LINE_EVERY_MS) {
        saidAt = now;
        say(progressLine(report(progress, now)));
      }
      done(null, chunk);
    },
  });
  const body = Readable.fromWeb(response.body as never);
  // Flushed: who remembers that it was fetched must not be left with a file of zeros by a power cut.
  const target = fs.createWriteStream(file, { flush: true });
  // A file that is still being opened when the body breaks off would appear after whoever waits has tidied up.
  const isClosed = new Promise<void>((resolve) => target.once("close", () => resolve()));
  try {
    await pipeline(body, counted, target, { signal });
  } finally {
    await isClosed;
  }
}
