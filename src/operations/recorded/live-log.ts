// The log of one attempt while it grows: whole lines as they come, without the secrets that the run was handed.

import { StringDecoder } from "node:string_decoder";
import { secretsOf } from "../../steps/inherited-variables.ts";
import { places, type Workspace } from "../workspace.ts";
import { type LogReader, openLog } from "./read-log.ts";
import { readShell } from "./read-shell.ts";

/** Handed on piece by piece: a log may be larger than memory. */
type Say = (lines: readonly string[]) => void;

export interface LiveLog {
  /** Lines that became whole since the last call. */
  read(say: Say): void;
  /** The rest, with a last line that has no end; closes the file. */
  end(say: Say): void;
}

/** A line without an end is shown in pieces of this size. */
const LINE_CHARACTERS = 1 << 16;

export function openLiveLog(
  workspace: Pick<Workspace, "folder" | "shell">,
  attempt: {
    readonly run: string;
    readonly step: string;
    readonly number: number;
    /** The run that began it, or null: its secrets may stand in the log too. */
    readonly adoptedFrom: string | null;
  },
): LiveLog {
  const file = places.logFile(workspace.folder, attempt.run, attempt.step, attempt.number);
  const runs = [attempt.run, ...(attempt.adoptedFrom === null ? [] : [attempt.adoptedFrom])];
  const secrets = runs.flatMap((run) => secretsOf(readShell(workspace, run)));
  const decoder = new StringDecoder("utf8");
  let log: LogReader | null = null;
  let open = "";
  const hand = (say: Say, pieces: Iterable<Buffer>): void => {
    for (const bytes of pieces) {
      open += decoder.write(bytes);
      const lines = open.split("\n");
      open = lines.pop() ?? "";
      if (open.length > LINE_CHARACTERS) lines.push(open.slice(0, LINE_CHARACTERS));
      if (open.length > LINE_CHARACTERS) open = open.slice(LINE_CHARACTERS);
      if (lines.length > 0) say(lines.map(lastState));
    }
  };
  return {
    read(say) {
      log ??= tryOpen(file, secrets);
      if (log !== null) hand(say, log.fresh());
    },
    end(say) {
      log ??= tryOpen(file, secrets);
      if (log !== null) hand(say, log.rest());
      const rest = open + decoder.end();
      open = "";
      if (rest !== "") say([lastState(rest)]);
    },
  };
}

/** A progress bar writes one line over and over: what a terminal would show of it in the end. */
function lastState(line: string): string {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  return text.slice(text.lastIndexOf("\r") + 1);
}

function tryOpen(file: string, secrets: readonly string[]): LogReader | null {
  try {
    return openLog(file, secrets);
  } catch {
    return null;
  }
}
