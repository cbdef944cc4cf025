// Starts a transfer in a process of its own and kills it where a test says.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { TransferOutcome } from "../transfers/transfer.ts";
import type { ProgressReport } from "../transfers/transfer-progress.ts";

const PROGRAM = fileURLToPath(new URL("./transfer.program.ts", import.meta.url));

export interface TransferProcessOrder {
  readonly from: string;
  readonly to: string;
  readonly journalFolder: string;
  readonly mode?: "merge_with_overwrite" | "fail_if_conflict";
}

export interface TransferEnd {
  /** Null: it was killed before its end. */
  readonly outcome: TransferOutcome | null;
  readonly peakBytes: number | null;
  readonly reports: number;
}

/** `killWhen`: true as soon as it is to be killed, at once and without a word. */
export async function transferProcess(
  order: TransferProcessOrder,
  killWhen: (report: ProgressReport) => boolean = () => false,
): Promise<TransferEnd> {
  const words = JSON.stringify({ mode: "merge_with_overwrite", ...order });
  const child = spawn(process.execPath, ["--import", "tsx", PROGRAM, words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(child, "exit");
  let end: TransferEnd = { outcome: null, peakBytes: null, reports: 0 };
  let reports = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as
      | { readonly report: ProgressReport }
      | { readonly outcome: TransferOutcome; readonly peakBytes: number | null };
    if ("outcome" in said) end = { ...said, reports };
    else {
      reports += 1;
      if (killWhen(said.report)) child.kill("SIGKILL");
    }
  }
  await gone;
  return { ...end, reports };
}
