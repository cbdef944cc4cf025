// `stepwell logs RUN [STEP] [-f]`: logs per attempt, streamed from files of any size; -f follows to the end.

import fs from "node:fs";
import type { Command } from "commander";
import { isEndedRun } from "../../core/status.ts";
import { type Logs, logFiles } from "../../operations/log-files.ts";
import { type LogReader, openLog } from "../../operations/read-log.ts";
import { isRefusal, type Refusal } from "../../operations/refusal.ts";
import type { Workspace } from "../../operations/workspace.ts";
import { type Context, Exit } from "../context.ts";
import { RUN_HELP, targetOf } from "../targets.ts";

interface LogFlags {
  readonly follow?: boolean;
  readonly attempt?: string;
}

const FOLLOW_MS = 200;
/** Which logs there are is asked for in at most this part of the time: a run of ten thousand steps takes a while to read. */
const LISTING_SHARE = 0.1;

export function define(command: Command, context: Context): void {
  command
    .argument("[run]", RUN_HELP)
    .argument("[step]", "path of a step (default: every step that has a log)")
    .option("-f, --follow", "follow until the run has an end")
    .option("--attempt <n>", "which attempt (default: all of them)")
    .addHelpText(
      "after",
      "\nExamples:\n  stepwell logs train\n  stepwell logs taxi-17 train\n  stepwell logs taxi-17 -f",
    )
    .action(async (first: string | undefined, second: string | undefined, flags: LogFlags) => {
      const workspace = await context.open({ create: "refuse" });
      try {
        const { run, part } = await targetOf(context, workspace, [first, second], "step");
        await printLogs(context, workspace, run, part, flags);
      } finally {
        await workspace.close();
      }
    });
}

async function printLogs(
  context: Context,
  workspace: Workspace,
  run: string,
  step: string | null,
  flags: LogFlags,
): Promise<void> {
  const readers = new Map<string, LogReader>();
  const listing = createListing(workspace, run, () =>
    logFiles(workspace, run, step, flags.attempt ?? null),
  );
  let isSilent = true;
  for (;;) {
    const logs = await listing.now();
    if (isRefusal(logs)) return context.refuse(logs);
    const several = logs.files.length > 1;
    const isLast = !flags.follow || logs.ended;
    for (const { file, step: of, title } of logs.files) {
      // Two steps of one work have one log: each reads it for itself, to the end.
      const key = `${of}\n${file}`;
      const reader = readers.get(key) ?? openLog(file, logs.secrets);
      // What is not read again is closed at once: a run may have more logs than a process may hold open.
      if (!isLast) readers.set(key, reader);
      const heading = several && !reader.begun && size(file) > 0 ? title : null;
      if (heading !== null) context.terminal.out(`== ${heading} ==`);
      isSilent = !(await writeOut(isLast ? reader.rest() : reader.fresh())) && isSilent;
    }
    if (isLast) {
      for (const file of logs.closed)
        context.terminal.note(`${file} is another user's: you may not read it`);
      if (logs.files.length === 0 && logs.closed.length === 0)
        context.terminal.note(logs.ended ? "no log is left, or no step ran" : "no logs yet");
      else if (isSilent && logs.closed.length === 0)
        context.terminal.note(`nothing was printed${logs.growing ? " yet" : ""}`);
      if (flags.follow && logs.interrupted)
        context.terminal.note(`nobody goes on with ${run}: stepwell run --resume ${run}`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
  }
}

/** The logs that a run has by now; at once when it has ended. */
function createListing(
  { clock, records }: Workspace,
  run: string,
  read: () => Promise<Logs | Refusal>,
): { readonly now: () => Promise<Logs | Refusal> } {
  let last: Logs | Refusal | null = null;
  let again = 0;
  return {
    async now() {
      const row = last === null ? null : await records.run(run);
      const hasEnded = row !== null && isEndedRun(row.status);
      const begin = clock.monotonic();
      if (last !== null && !hasEnded && begin < again) return last;
      last = await read();
      const end = clock.monotonic();
      again = end + (end - begin) * (1 / LISTING_SHARE - 1);
      return last;
    },
  };
}

/** As fast as the reader takes it: a log may be larger than memory. False: there was nothing. */
async function writeOut(pieces: Iterable<Buffer>): Promise<boolean> {
  let isWritten = false;
  for (const bytes of pieces) {
    isWritten ||= bytes.length > 0;
    await new Promise<void>((resolve, reject) =>
      process.stdout.write(bytes, (error) => (error ? reject(new Exit(4)) : resolve())),
    );
  }
  return isWritten;
}

function size(file: string): number {
  return fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
