// What the Node supervisor writes about one attempt, a line for its beginning and one for its end. Knows nothing of
// processes or time.

import { closeSync, openSync, writeSync } from "node:fs";
import type { AttemptEnd } from "../ports/compute.ts";
import { attemptFile, openForAppending } from "./attempt-files.ts";
import { OWN_FILE } from "./supervisor-protocol.ts";

export interface AttemptAccount {
  /** Throws when the disk is full. */
  write(line: object): void;
  /** Also closes it. False when the disk is full: to be tried again. */
  writeEnd(end: AttemptEnd): boolean;
}

/** "claim": the file is made, which is the right to start the attempt; throws EEXIST when somebody else has it. */
export function openAccount(folder: string, how: "claim" | "append"): AttemptAccount {
  const path = attemptFile(folder);
  const file = how === "claim" ? openSync(path, "ax", OWN_FILE) : openForAppending(path);
  let isTorn = false;
  const write = (line: object): void => {
    // A line of which only a part found room is left behind; the next one does not go on with it.
    const content = Buffer.from(`${isTorn ? "\n" : ""}${JSON.stringify(line)}\n`);
    isTorn = true;
    if (writeSync(file, content) < content.length) throw new Error("no space left on device");
    isTorn = false;
  };
  return {
    write,
    writeEnd(end) {
      try {
        write(end);
      } catch {
        return false;
      }
      closeSync(file);
      return true;
    },
  };
}
