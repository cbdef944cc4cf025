// Sees a group of runs through: submits them, at most so many at once, and is their engine (or waits for the one there is)
// until each has its end. Steps that several of them share run once, as for any runs of a workspace.

import { isEndedRun } from "../../core/status.ts";
import type { RunRow } from "../../ports/records.ts";
import { isRefusal, type Refusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { driveRun } from "./drive-run.ts";

export interface GroupOptions {
  /** Makes each run durable, in order; by a connection of its own, so that a running engine sees it. */
  readonly submits: readonly (() => Promise<RunRow | Refusal>)[];
  readonly maxConcurrent: number;
  readonly onSubmitted: (row: RunRow) => void;
  readonly onEnded: (row: RunRow) => void;
  /** Each has its end; only those who are being told of it still keep us. */
  readonly onEnd: () => void;
  readonly onNotice: (line: string) => void;
  /** True: nothing more is submitted. */
  readonly isStopped: () => boolean;
}

const POLL_MS = 100;

/** Resolves when every submitted run has its end; the refusal of a submit stops further ones. */
export async function driveGroup(
  workspace: Workspace,
  options: GroupOptions,
): Promise<Refusal | null> {
  let isOver = false;
  const feeding = feed(workspace, options).finally(() => {
    isOver = true;
  });
  const driving = drive(workspace, options, () => isOver);
  const [refusal] = await Promise.all([feeding, driving]);
  return refusal;
}

async function drive(
  workspace: Workspace,
  { onNotice, onEnd }: GroupOptions,
  enough: () => boolean,
): Promise<void> {
  const whenOver = (): void => {
    if (enough()) onEnd();
  };
  while (!enough()) {
    await driveRun(workspace, { run: null, follow: null, onNotice, enough, onEnd: whenOver });
    // Somebody else is the engine.
    if (!enough()) await pause();
  }
}

async function feed(workspace: Workspace, options: GroupOptions): Promise<Refusal | null> {
  const waiting = [...options.submits];
  const open = new Set<string>();
  let refusal: Refusal | null = null;
  for (;;) {
    const mayMore = (): boolean =>
      refusal === null && !options.isStopped() && open.size < options.maxConcurrent;
    while (waiting.length > 0 && mayMore()) {
      const row = await (waiting.shift() as (typeof waiting)[number])();
      if (isRefusal(row)) refusal = row;
      else {
        open.add(row.name);
        options.onSubmitted(row);
      }
    }
    for (const name of [...open]) {
      const row = await workspace.records.run(name);
      if (row !== null && !isEndedRun(row.status)) continue;
      open.delete(name);
      if (row !== null) options.onEnded(row);
    }
    if (open.size === 0 && (waiting.length === 0 || refusal !== null || options.isStopped()))
      return refusal;
    await pause();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
