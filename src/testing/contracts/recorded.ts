// What record stores are tested with: runs, events and batches of one small shape.

import { expect } from "vitest";
import type { AttemptEnd } from "../../core/attempt.ts";
import type { RunEvent } from "../../core/event.ts";
import type { OutputRecord, StepResult } from "../../core/output.ts";
import type { CommitBatch, NewRun, RecordStore, RunUpdate } from "../../ports/records.ts";

export const PROCESS = { bootId: "boot", pid: 1, startTime: "1" };
export const ME = { host: "here", process: PROCESS };

export function newRun(name: string, more: Partial<NewRun> = {}): NewRun {
  return {
    name,
    pipeline: "taxi",
    experiment: "trial",
    displayName: null,
    description: null,
    tags: {},
    createdAt: 1000,
    priority: 0,
    detached: false,
    owner: null,
    idempotencyKey: null,
    planId: "plan",
    planBody: "{}",
    steps: 2,
    documents: [],
    origin: { user: "ann", host: "here", commandLine: [], workingFolder: "/", file: null, git: [] },
    ...more,
  };
}

type Completed = Extract<RunEvent, { kind: "step_completed" }>;

export function completed(
  step: number,
  fingerprint: string,
  at: number,
  more: Partial<Completed> = {},
): Completed {
  return {
    kind: "step_completed",
    at,
    step,
    path: `s${step}`,
    fingerprint,
    staticId: `static ${fingerprint}`,
    durationMs: 5,
    result: {
      outputs: {},
      metrics: { auc: 1 },
      loggedParameters: {},
      artifacts: null,
      warnings: [],
    },
    ...more,
  };
}

/** More for `completed`: it has one output, of these bytes. */
export function making(id: string): { readonly result: StepResult } {
  const record = { id, type: "uri_file", path: `/${id}`, kind: "file" } as unknown as OutputRecord;
  const logged = { metrics: {}, loggedParameters: {}, artifacts: null, warnings: [] };
  return { result: { ...logged, outputs: { o: record } } };
}

export function created(step: number, fingerprint: string, shared = true): RunEvent {
  return {
    kind: "attempt_created",
    at: 1,
    step,
    number: 1,
    attemptId: `a${step}`,
    fingerprint,
    epoch: 1,
    bootId: "boot",
    reason: { kind: "never_ran", detail: "never ran" },
    shared,
    adoptedFrom: null,
  };
}

/** How an attempt ends that never began. */
export const LOST: AttemptEnd = {
  exitCode: null,
  signal: null,
  reason: "lost",
  detail: null,
  startedAt: null,
  finishedAt: 2,
};

export function update(run: string, firstSeq: number, events: readonly RunEvent[]): RunUpdate {
  return {
    run,
    firstSeq,
    events,
    paths: ["s0", "s1"],
    status: "Running",
    startedAt: 1,
    endedAt: null,
    counts: { total: 2, ran: 0, reused: 0, failed: 0 },
  };
}

export function batch(epoch: number, updates: readonly RunUpdate[], lasting = true): CommitBatch {
  return { epoch, at: 2000, lasting, updates, preImages: [], damaged: [], handledRequests: [] };
}

export async function asEngine(store: RecordStore): Promise<number> {
  const outcome = await store.becomeEngine(ME, 1000, () => true);
  return outcome.kind === "engine" ? outcome.epoch : expect.unreachable("the row is held");
}
