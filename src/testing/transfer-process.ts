// Starts a transfer in a process of its own, which dies where a test says.

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
  /** It dies at once and without a word when it has moved more than that. */
  readonly killedBeyond?: { readonly files: number } | { readonly bytes: number };
}

export interface TransferEnd {
  /** Null: it was killed before its end. */
  readonly outcome: TransferOutcome | null;
  readonly peakBytes: number | null;
  readonly reports: number;
}

export async function transferProcess(
  order: TransferProcessOrder,
  hear: (report: ProgressReport) => void = () => {},
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
      hear(said.report);
    }
  }
  await gone;
  return { ...end, reports };
}
