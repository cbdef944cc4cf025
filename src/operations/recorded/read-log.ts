// Reads a log while it is written, secrets taken out on the way. Holds the file open: when its engine replaces it by the
// masked one at the end of the attempt, nothing is read twice and nothing is missed.

import fs from "node:fs";
import { openAttemptLog } from "../../steps/attempt-log.ts";
import { secretsOf } from "../../steps/inherited-variables.ts";
import { createMasker } from "../../steps/mask-log.ts";
import type { Workspace } from "../workspace.ts";
import type { RecordedRun } from "./read-run.ts";
import { shellOf } from "./read-shell.ts";

export { SHORTEST_MASKED } from "../../steps/secret-forms.ts";

export interface LogReader {
  /** What is new, in pieces; each is good until the next is asked for. */
  fresh(): Iterable<Buffer>;
  /** The rest; closes the file. */
  rest(): Iterable<Buffer>;
}

const CHUNK_BYTES = 1 << 16;

/** `secrets`: values that must not be shown. Throws where there is no log. */
export function openLog(file: string, secrets: readonly string[]): LogReader {
  const log = openAttemptLog(file);
  if (log === null) throw new Error(`there is no log ${file}`);
  const { handle } = log;
  const masker = createMasker(secrets);
  let at = 0;
  function* fresh(): Iterable<Buffer> {
    const size = fs.fstatSync(handle).size - at;
    if (size <= 0) return;
    // Of the size that is needed: ten thousand logs of a line each are read one after another.
    const buffer = Buffer.allocUnsafe(Math.min(size, CHUNK_BYTES));
    for (;;) {
      const read = fs.readSync(handle, buffer, 0, buffer.length, at);
      if (read === 0) return;
      at += read;
      yield masker.push(buffer.subarray(0, read));
    }
  }
  return {
    fresh,
    *rest() {
      try {
        yield* fresh();
        yield masker.end();
      } finally {
        fs.closeSync(handle);
      }
    },
  };
}

/** Values that must not be shown of a run, and of runs whose attempts it continues; none once it has its end. */
export function hiddenOf(workspace: Workspace, run: RecordedRun): readonly string[] {
  const runs = new Set([run.row.name]);
  for (const step of run.state.steps)
    for (const { adoptedFrom } of step.attempts) if (adoptedFrom !== null) runs.add(adoptedFrom);
  return [...runs].flatMap((name) => {
    const shell = shellOf(workspace, name);
    return shell === null ? [] : secretsOf(shell);
  });
}
