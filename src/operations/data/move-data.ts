// Moves data between two storages as this workspace does it: with its limits, and with a line now and then for people.

import { type TransferOrder, type TransferResult, transfer } from "../../transfers/transfer.ts";
import type { TransferFailure } from "../../transfers/transfer-failure.ts";
import { progressLine } from "../../transfers/transfer-progress.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";

export type Move = Omit<
  TransferOrder,
  "onProgress" | "onRetry" | "concurrency" | "bandwidthBytesPerSecond"
>;

/** Lines of progress, and of what is asked again, are this far apart: what is moved in less is moved without a word. */
const LINE_EVERY_MS = 5_000;

export async function moveData(
  { clock, config }: Pick<Workspace, "clock" | "config">,
  move: Move,
  say: (line: string) => void,
): Promise<TransferResult | Refusal> {
  const { bandwidth, atOnce } = config.transfers;
  let saidAt = clock.monotonic();
  let retriedAt = Number.NEGATIVE_INFINITY;
  const outcome = await transfer({
    ...move,
    bandwidthBytesPerSecond: bandwidth,
    ...(atOnce === null ? {} : { concurrency: atOnce }),
    onProgress(report) {
      const now = clock.monotonic();
      if (now - saidAt < LINE_EVERY_MS) return;
      saidAt = now;
      say(progressLine(report));
    },
    onRetry(line) {
      const now = clock.monotonic();
      if (now - retriedAt < LINE_EVERY_MS) return;
      retriedAt = now;
      // The rate says nothing new while nothing comes.
      saidAt = now;
      say(line);
    },
  });
  return outcome.ok ? outcome.value : transferRefusal(outcome.failure);
}

function transferRefusal({ code, message, hint }: TransferFailure): Refusal {
  return refuse(`storage_${code}`, message, hint, 1);
}
