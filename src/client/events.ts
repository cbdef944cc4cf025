// What happens in a run, as code is told of it: steps by name, one event for each.

import { setTimeout as sleep } from "node:timers/promises";
import type { RunEvent as Recorded } from "../core/event.ts";
import { isEndedRun } from "../core/status.ts";
import { shownStatus } from "../operations/recorded/shown-status.ts";
import type { Workspace } from "../operations/workspace.ts";
import type { RunEvent } from "../sdk/run-report.ts";
import type { Home } from "./home.ts";

const POLL_MS = 100;

export interface Numbered {
  readonly number: number;
  readonly event: Recorded;
}

/** Recorded events behind number `after`, to the end of the run or until nobody goes on with it. */
export async function* recordedEvents(
  workspace: Workspace,
  run: string,
  { after, signal }: { readonly after: number; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<readonly Numbered[]> {
  let seen = after;
  while (signal?.aborted !== true) {
    const row = await workspace.records.run(run);
    const events = await workspace.records.events(run, seen);
    const first = seen + 1;
    seen += events.length;
    if (events.length > 0)
      yield events.flatMap((event, index) =>
        event === null ? [] : [{ number: first + index, event }],
      );
    if (row === null || isEndedRun(row.status)) return;
    if (events.length === 0 && (await shownStatus(workspace, row)) === "Interrupted") return;
    await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
}

export async function* runEvents(
  home: Home,
  run: string,
  options: { readonly after?: number; readonly signal?: AbortSignal } = {},
): AsyncGenerator<RunEvent> {
  const { after = 0, signal } = options;
  const { workspace, release } = await home.hold();
  try {
    const paths = await stepPaths(workspace, run);
    for await (const batch of recordedEvents(workspace, run, { after, signal }))
      for (const one of batch) yield* told(one, paths);
  } finally {
    await release();
  }
}

/** Names of the steps, as they are numbered in events. */
async function stepPaths(workspace: Workspace, run: string): Promise<readonly string[]> {
  const row = await workspace.records.run(run);
  const plan = row === null ? null : await workspace.plans.plan(row.planId);
  return plan?.graph.steps.map((step) => step.path) ?? [];
}

type Body = RunEvent extends infer E
  ? E extends RunEvent
    ? Omit<E, "number" | "at">
    : never
  : never;

function told({ number, event }: Numbered, paths: readonly string[]): RunEvent[] {
  const at = new Date(event.at).toISOString();
  return bodies(event, (step) => paths[step] ?? String(step)).map(
    (body) => ({ number, at, ...body }) as RunEvent,
  );
}

function bodies(event: Recorded, name: (step: number) => string): readonly Body[] {
  switch (event.kind) {
    case "run_started":
      return [{ kind: "run_started" }];
    case "steps_reused":
      return event.from.flatMap(({ run, reason, steps }) =>
        steps.map((step) => ({
          kind: "step_reused" as const,
          step: name(step),
          from: run,
          reason,
        })),
      );
    case "step_attached":
      return [{ kind: "step_waits", step: name(event.step), run: event.run }];
    case "attempt_created": {
      const { reason, number: attempt } = event;
      return [{ kind: "step_started", step: name(event.step), attempt, reason }];
    }
    case "attempt_ended":
      return event.retryAt === null
        ? []
        : [
            {
              kind: "step_retries",
              step: name(event.step),
              exitCode: event.end.exitCode,
              retryAt: new Date(event.retryAt).toISOString(),
            },
          ];
    case "step_completed":
      return [{ kind: "step_completed", step: name(event.step), durationMs: event.durationMs }];
    case "step_failed": {
      const { code, message, hint } = event.error;
      return [{ kind: "step_failed", step: name(event.step), error: { code, message, hint } }];
    }
    case "steps_skipped":
      return event.steps.map((step) => ({ kind: "step_skipped", step: name(step) }));
    case "steps_canceled":
      return event.steps.map((step) => ({ kind: "step_canceled", step: name(step) }));
    case "cancel_requested":
      return [{ kind: "cancel_requested", by: event.by }];
    case "run_problem":
      return [{ kind: "warning", message: event.error.message }];
    case "warned":
      return [{ kind: "warning", message: event.message }];
    case "run_ended":
      return [{ kind: "run_ended", status: event.status }];
    // Of interest to engines alone.
    case "step_detached":
    case "attempt_started":
    case "attempt_continues":
    case "attempt_discarded":
      return [];
    default:
      return event satisfies never;
  }
}
