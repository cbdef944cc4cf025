// `stepwell transfer-step FILE`: the program of a step of type data_transfer. Prints what it does into the step's log, and
// why it did not.

import fs from "node:fs";
import { setFlagsFromString } from "node:v8";
import type { Command } from "commander";
import type { TransferStepOrder } from "../../core/transfer-order.ts";
import { runTransfer, type TransferCounts } from "../../operations/data/run-transfer.ts";
import { isRefusal } from "../../operations/refusal.ts";
import { readText } from "../../ports/read-file.ts";
import type { Context } from "../context.ts";

/**
 * Of this process nearly all memory is buffers of bytes on their way. Each few of them begin a collection, and going over the
 * little else step by step beside the work costs a third of all time; at once it is a matter of milliseconds.
 */
const COLLECTING = "--no-incremental-marking";

export function define(command: Command, context: Context): void {
  command.argument("<file>", "what is to be moved, as JSON").action(async (file: string) => {
    setFlagsFromString(COLLECTING);
    const order = JSON.parse(readText(file)) as TransferStepOrder;
    const workspace = await context.open({ create: "refuse" });
    const stop = new AbortController();
    const onTerm = (): void => stop.abort();
    process.on("SIGTERM", onTerm);
    process.on("SIGINT", onTerm);
    try {
      const say = (line: string): void => context.terminal.out(line);
      const counts = await runTransfer(workspace, order, { say, signal: stop.signal });
      if (isRefusal(counts)) return context.refuse({ ...counts, exitCode: 1 });
      logMetrics(counts, context.shell.STEPWELL_METRICS);
    } finally {
      process.off("SIGTERM", onTerm);
      process.off("SIGINT", onTerm);
      await workspace.close();
    }
  });
}

function logMetrics(counts: TransferCounts, file: string | undefined): void {
  if (file === undefined) return;
  for (const [name, value] of Object.entries(counts))
    fs.appendFileSync(file, `${JSON.stringify({ name, value })}\n`);
}
