// What steps print: as one text, or line by line while they run. Secrets of a run that has no end are masked.

import { StringDecoder } from "node:string_decoder";
import { setTimeout as sleep } from "node:timers/promises";
import { type LogFile, type Logs, logFiles } from "../operations/recorded/log-files.ts";
import { type LogReader, openLog } from "../operations/recorded/read-log.ts";
import type { LogLine } from "../sdk/run.ts";
import { StepwellError } from "../sdk/stepwell-error.ts";
import type { Home } from "./home.ts";
import { accepted } from "./refused.ts";

/** One text has to fit into memory. */
const MOST_BYTES = 64 * 1000 * 1000;
const POLL_MS = 200;

/** `step` undefined: every step, with a heading where there are several. */
export function logText(home: Home, run: string, step: string | undefined): Promise<string> {
  return home.use(async (workspace) => {
    const logs = accepted(await logFiles(workspace, run, step ?? null, null));
    let size = 0;
    const texts = logs.files.map((file) => {
      const { text, bytes } = readAll(file, logs.secrets, MOST_BYTES - size, run);
      size += bytes;
      return logs.files.length > 1 ? `== ${file.title} ==\n${text}` : text;
    });
    return texts.join("");
  });
}

function readAll(
  { file, step }: LogFile,
  secrets: readonly string[],
  room: number,
  run: string,
): { readonly text: string; readonly bytes: number } {
  const parts: Buffer[] = [];
  let bytes = 0;
  for (const part of openLog(file, secrets).rest()) {
    bytes += part.length;
    if (bytes > room)
      throw new StepwellError(
        "too_large",
        `the logs of run ${run} have more than ${MOST_BYTES / 1e6} MB`,
        `follow them line by line: for await (const line of run.followLogs(${JSON.stringify(step)})) …`,
      );
    parts.push(Buffer.from(part));
  }
  return { text: Buffer.concat(parts).toString("utf8"), bytes };
}

export async function* logLines(
  home: Home,
  run: string,
  step: string | undefined,
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<LogLine> {
  const { workspace, release } = await home.hold();
  const open = new Map<string, Lines>();
  try {
    while (signal?.aborted !== true) {
      const logs: Logs = accepted(await logFiles(workspace, run, step ?? null, null));
      for (const file of logs.files) {
        // Two steps of one work have one log: it is that of both.
        const key = `${file.step}\n${file.file}`;
        const lines = open.get(key) ?? openLines(file, logs.secrets);
        open.set(key, lines);
        yield* lines.next();
      }
      if (logs.ended) break;
      await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    }
    for (const lines of open.values()) yield* lines.end();
  } finally {
    await release();
  }
}

interface Lines {
  next(): readonly LogLine[];
  /** The rest; closes the file. */
  end(): readonly LogLine[];
}

function openLines({ file, step, attempt }: LogFile, secrets: readonly string[]): Lines {
  const reader: LogReader = openLog(file, secrets);
  const decoder = new StringDecoder("utf8");
  let open = "";
  const split = (bytes: Buffer, found: LogLine[]): void => {
    const parts = (open + decoder.write(bytes)).split("\n");
    open = parts.pop() ?? "";
    for (const text of parts) found.push({ step, attempt, text });
  };
  return {
    next() {
      const found: LogLine[] = [];
      for (const bytes of reader.fresh()) split(bytes, found);
      return found;
    },
    end() {
      const found: LogLine[] = [];
      for (const bytes of reader.rest()) split(bytes, found);
      const rest = open + decoder.end();
      if (rest !== "") found.push({ step, attempt, text: rest });
      return found;
    },
  };
}
