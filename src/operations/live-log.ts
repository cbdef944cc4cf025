// The log of one attempt while it grows: whole lines as they come, without the secrets that the run was handed. Keeps
// the file open, because the log is replaced by its masked copy when the attempt has ended.

import fs from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { createTextMasker } from "../steps/mask-log.ts";
import { readShell } from "./read-shell.ts";
import { places, type Workspace } from "./workspace.ts";

export interface LiveLog {
  /** Lines that became whole since the last call. */
  read(): readonly string[];
  /** The rest, with a last line that has no end; closes the file. */
  end(): readonly string[];
}

const CHUNK_BYTES = 1 << 16;
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
  const mask = createTextMasker(
    runs.flatMap((run) => Object.values(readShell(workspace, run).passed)),
  );
  const decoder = new StringDecoder("utf8");
  let handle: number | null = null;
  let offset = 0;
  let open = "";
  const clean = (line: string): string => mask(lastState(line));
  const read = (): readonly string[] => {
    handle ??= tryOpen(file);
    if (handle === null) return [];
    const buffer = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const count = fs.readSync(handle, buffer, 0, CHUNK_BYTES, offset);
      if (count === 0) break;
      offset += count;
      open += decoder.write(buffer.subarray(0, count));
    }
    const lines = open.split("\n");
    open = lines.pop() ?? "";
    if (open.length > LINE_CHARACTERS) lines.push(open.slice(0, LINE_CHARACTERS));
    if (open.length > LINE_CHARACTERS) open = open.slice(LINE_CHARACTERS);
    return lines.map(clean);
  };
  return {
    read,
    end() {
      const lines = read();
      const rest = open + decoder.end();
      open = "";
      if (handle !== null) fs.closeSync(handle);
      return rest === "" ? lines : [...lines, clean(rest)];
    },
  };
}

/** A progress bar writes one line over and over: what a terminal would show of it in the end. */
function lastState(line: string): string {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  return text.slice(text.lastIndexOf("\r") + 1);
}

function tryOpen(file: string): number | null {
  try {
    return fs.openSync(file, "r");
  } catch {
    return null;
  }
}
