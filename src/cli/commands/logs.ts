// `stepwell logs RUN [STEP] [-f]`: logs per attempt, streamed from files of any size; -f follows to the end.

import type { Command } from "commander";
import { isEndedRun } from "../../core/status.ts";
import { type Logs, logFiles } from "../../operations/recorded/log-files.ts";
import { type LogReader, openLog } from "../../operations/recorded/read-log.ts";
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
  const out = createOut();
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
      await out.write(isLast ? reader.rest() : reader.fresh(), key, several ? title : null);
    }
    if (isLast) {
      for (const file of logs.closed)
        context.terminal.note(`${file} is another user's: you may not read it`);
      if (logs.files.length === 0 && logs.closed.length === 0)
        context.terminal.note(logs.ended ? "no log is left, or no step ran" : "no logs yet");
      else if (out.isSilent() && logs.closed.length === 0)
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

interface Out {
  /** What is new in the log `key`; `title` where there are others beside it. */
  write(pieces: Iterable<Buffer>, key: string, title: string | null): Promise<void>;
  isSilent(): boolean;
}

/** Logs as they come, each below its title: steps that run side by side take turns. */
function createOut(): Out {
  let last: string | null = null;
  let endsInLine = false;
  return {
    async write(pieces, key, title) {
      for (const bytes of pieces) {
        if (bytes.length === 0) continue;
        if (key !== last && title !== null)
          await writeOut(Buffer.from(`${endsInLine ? "\n" : ""}== ${title} ==\n`));
        last = key;
        endsInLine = bytes.at(-1) !== NEWLINE;
        await writeOut(bytes);
      }
    },
    isSilent: () => last === null,
  };
}

const NEWLINE = "\n".charCodeAt(0);

/** As fast as the reader takes it: a log may be larger than memory. */
function writeOut(bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) =>
    process.stdout.write(bytes, (error) => (error ? reject(new Exit(4)) : resolve())),
  );
}
