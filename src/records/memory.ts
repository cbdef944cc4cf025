// A record store in memory: the second implementation of the contract, and the one that the simulation crashes engines
// over. What it holds outlives every engine that uses it.

import { isLeased } from "../core/engine-lease.ts";
import type { RunEvent } from "../core/event.ts";
import { succeeded } from "../core/failure.ts";
import type { PreImage } from "../core/fingerprint.ts";
import type { Invalidation } from "../core/invalidation.ts";
import {
  type CommitBatch,
  type CommitOutcome,
  type EngineRequest,
  type EngineRow,
  type ImportedRun,
  MOST_RESULTS,
  type NewRun,
  type PreImagePart,
  type RecordStore,
  type ResultRow,
  type RunRow,
  type RunUpdate,
} from "../ports/records.ts";
import { resultOfEvent } from "../ports/result-of-event.ts";
import { forgetAssets, memoryAssets } from "./memory-assets.ts";
import { memoryDatastores } from "./memory-datastores.ts";
import { keepDocuments, memoryDocuments } from "./memory-documents.ts";
import { type KeepingData, memoryKeeping, takesRemoved } from "./memory-keeping.ts";
import { memoryLineage } from "./memory-lineage.ts";
import { listRuns } from "./memory-runs.ts";
import { summaryOf } from "./run-summary.ts";

type StoredResult = KeepingData["results"][number] & {
  readonly order: number;
  damaged: boolean;
  invalidated: Invalidation | null;
};

interface Data extends KeepingData {
  engine: (EngineRow & { held: boolean }) | null;
  readonly documents: Map<string, string>;
  results: StoredResult[];
  /** Fingerprint → attempt that does the work now. */
  inFlight: ReadonlyMap<string, string>;
  readonly preImages: Map<string, PreImage>;
  readonly requests: (EngineRequest & { handled: boolean })[];
  changes: number;
  /** For each run, the number of the last event that outlasts a power cut. */
  readonly lasting: Map<string, number>;
}

export function createMemoryStore(): RecordStore {
  const data: Data = {
    engine: null,
    runs: new Map(),
    events: new Map(),
    documents: new Map(),
    results: [],
    inFlight: new Map(),
    preImages: new Map(),
    requests: [],
    assets: [],
    labels: new Map(),
    removedAssets: new Map(),
    pins: [],
    forget: new Set(),
    changes: 0,
    lasting: new Map(),
  };
  return {
    ...engineVerbs(data),
    ...runVerbs(data),
    ...resultVerbs(data),
    ...memoryAssets(data),
    ...memoryDatastores(),
    ...memoryDocuments(data.documents),
    ...memoryLineage(data),
    ...memoryKeeping(data),
  };
}

type Verbs<K extends keyof RecordStore> = Pick<RecordStore, K>;

function engineVerbs(
  data: Data,
): Verbs<"becomeEngine" | "engine" | "releaseEngine" | "commit" | "changes" | "isGone" | "close"> {
  return {
    async becomeEngine(me, now, isAlive, newest = 0) {
      const row = data.engine;
      if (row?.held && isLeased(row.heartbeat, now) && isAlive(row))
        return { kind: "held", by: row };
      if (row !== null && row.process.bootId !== me.process.bootId) takeBackUnsynced(data);
      const epoch = Math.max(row?.epoch ?? 0, newest) + 1;
      data.engine = { ...me, epoch, heartbeat: now, held: true };
      return { kind: "engine", epoch, inherits: hasFleeting(data) };
    },
    engine: async () => (data.engine?.held ? data.engine : null),
    async releaseEngine(epoch) {
      if (data.engine?.epoch === epoch) data.engine.held = false;
    },
    commit: async (batch) => commit(data, batch),
    changes: () => data.changes,
    isGone: () => false,
    close: async () => {},
  };
}

function commit(data: Data, batch: CommitBatch): CommitOutcome {
  if (!data.engine?.held || data.engine.epoch !== batch.epoch) return "fenced";
  if (takesRemoved(data, batch.updates)) return "removed";
  // All or nothing: whatever can be refused is refused before anything changes.
  for (const update of batch.updates) {
    const count = data.events.get(update.run)?.length ?? 0;
    if (count + 1 !== update.firstSeq)
      throw new Error(`event ${update.firstSeq} of ${update.run} follows event ${count}`);
  }
  data.inFlight = nextFlights(data.inFlight, batch);
  data.engine = { ...data.engine, heartbeat: batch.at };
  for (const update of batch.updates) {
    const log = data.events.get(update.run) ?? [];
    log.push(...update.events);
    data.events.set(update.run, log);
    projectResults(data, update, false);
    const { status, startedAt, endedAt, counts } = update;
    const row = data.runs.get(update.run);
    if (row !== undefined && row.endedAt === null)
      data.runs.set(update.run, { ...row, status, startedAt, endedAt, counts });
  }
  for (const { fingerprint, preImage } of batch.preImages)
    if (!data.preImages.has(fingerprint)) data.preImages.set(fingerprint, preImage);
  for (const mark of batch.damaged)
    for (const row of data.results)
      if (row.run === mark.run && row.seq === mark.seq) row.damaged = true;
  for (const request of data.requests)
    if (batch.handledRequests.includes(request.id)) request.handled = true;
  if (batch.lasting) for (const [run, log] of data.events) data.lasting.set(run, log.length);
  return "done";
}

function hasFleeting(data: Data): boolean {
  return [...data.events].some(([run, log]) => log.length > (data.lasting.get(run) ?? 0));
}

/** See the embedded store: what need not have lasted never was. */
function takeBackUnsynced(data: Data): void {
  for (const [name, log] of data.events) {
    const seq = data.lasting.get(name) ?? 0;
    const row = data.runs.get(name);
    if (seq === log.length || row === undefined) continue;
    const kept = log.slice(0, seq);
    data.events.set(name, kept);
    data.results = data.results.filter((result) => result.run !== name || result.seq <= seq);
    data.runs.set(name, { ...row, ...summaryOf(kept, row.counts.total), endedAt: null });
  }
  forgetAssets(data);
  data.inFlight = new Map([...data.events].flatMap(([name, log]) => flightsOf(name, log)));
}

/** What one run has in flight after these events. */
function flightsOf(run: string, events: readonly RunEvent[]): [fingerprint: string, by: string][] {
  return openIn(events)
    .filter(({ shared }) => shared)
    .map(({ step, fingerprint }) => [fingerprint, `${run}\n${step}`]);
}

function openIn(events: readonly RunEvent[]): Extract<RunEvent, { kind: "attempt_created" }>[] {
  const open = new Map<number, Extract<RunEvent, { kind: "attempt_created" }>>();
  for (const event of events) {
    if (event.kind === "attempt_created") open.set(event.step, event);
    for (const step of endedSteps(event)) open.delete(step);
  }
  return [...open.values()];
}

function projectResults(data: Data, update: RunUpdate, isImported: boolean): void {
  const { run, firstSeq: first, events } = update;
  for (const [offset, event] of events.entries()) {
    if (event.kind === "step_completed")
      data.results.push({
        ...resultOfEvent({ run, seq: first + offset }, event),
        order: isImported ? event.at : nextPlace(data, event),
        damaged: false,
        invalidated: null,
        removed: null,
        confirmedAt: null,
      });
  }
}

/** Behind every other result of the same work, also one that was made while the clock was ahead. */
function nextPlace(data: Data, { fingerprint, at }: { fingerprint: string; at: number }): number {
  const others = data.results.filter((row) => row.fingerprint === fingerprint);
  return Math.max(at, ...others.map((row) => row.order + 1));
}

function endedSteps(event: RunEvent): readonly number[] {
  if (event.kind === "steps_canceled") return event.steps;
  if (
    event.kind === "step_completed" ||
    event.kind === "step_failed" ||
    event.kind === "attempt_discarded"
  )
    return [event.step];
  return event.kind === "attempt_ended" && !succeeded(event.end) ? [event.step] : [];
}

/** As the unique index of the database: one attempt in flight for each shared fingerprint. Ends come before starts. */
function nextFlights(
  now: ReadonlyMap<string, string>,
  batch: CommitBatch,
): ReadonlyMap<string, string> {
  const ended = new Set(
    batch.updates.flatMap(({ run, events }) =>
      events.flatMap(endedSteps).map((step) => `${run}\n${step}`),
    ),
  );
  const next = new Map([...now].filter(([, owner]) => !ended.has(owner)));
  for (const { run, events } of batch.updates)
    for (const event of events) {
      if (event.kind !== "attempt_created" || !event.shared) continue;
      const owner = next.get(event.fingerprint);
      if (owner !== undefined)
        throw new Error(`fingerprint in flight twice: ${run} step ${event.step} and ${owner}`);
      next.set(event.fingerprint, `${run}\n${event.step}`);
    }
  return next;
}

function runVerbs(
  data: Data,
): Verbs<
  | "submit"
  | "importRun"
  | "setOwner"
  | "request"
  | "requests"
  | "run"
  | "runs"
  | "openAttempts"
  | "openRuns"
  | "events"
> {
  return {
    submit: async (run, onClaim = () => {}) => submit(data, run, onClaim),
    importRun: async (run) => importRun(data, run),
    async setOwner(name, owner, detached) {
      const row = data.runs.get(name);
      if (row !== undefined && row.endedAt === null)
        data.runs.set(name, { ...row, owner, detached });
      data.changes += 1;
    },
    async request(run, kind, by) {
      data.requests.push({ id: data.requests.length + 1, run, kind, by, handled: false });
      data.changes += 1;
    },
    requests: async () => data.requests.filter((request) => !request.handled),
    run: async (name) => data.runs.get(name) ?? null,
    runs: async (filter) => listRuns([...data.runs.values()], filter),
    openRuns: async () =>
      [...data.runs.values()]
        .filter((row) => row.endedAt === null)
        .sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1)),
    events: async (run, after) => (data.events.get(run) ?? []).slice(after),
    openAttempts: async (run) =>
      openIn(data.events.get(run) ?? []).map(({ attemptId, fingerprint, shared }) => ({
        attemptId,
        fingerprint: shared ? fingerprint : null,
      })),
  };
}

type SubmitOutcome = Awaited<ReturnType<RecordStore["submit"]>>;

function submit(data: Data, run: NewRun, onClaim: () => void): SubmitOutcome {
  const repeated = [...data.runs.values()].find(
    (row) => row.idempotencyKey !== null && row.idempotencyKey === run.idempotencyKey,
  );
  if (repeated !== undefined) return { kind: "repeated", run: repeated };
  const taken = data.runs.get(run.name);
  if (taken !== undefined) return { kind: "name_taken", run: taken };
  onClaim();
  const { planBody, documents, steps, ...rest } = run;
  keepDocuments(data.documents, [{ id: run.planId, body: planBody }, ...documents]);
  const counts = { total: steps, ran: 0, reused: 0, failed: 0 };
  const newest = Math.max(0, ...[...data.runs.values()].map((row) => row.order));
  const order = Math.max(run.createdAt, newest + 1);
  const fresh = { status: "Queued", startedAt: null, endedAt: null, imported: false } as const;
  data.runs.set(run.name, { ...rest, ...fresh, order, counts });
  data.changes += 1;
  return { kind: "created" };
}

function importRun(data: Data, { run, update, preImages }: ImportedRun): "created" | "there" {
  if (data.runs.has(run.name)) return "there";
  submit(data, run, () => {});
  const { status, startedAt, endedAt, counts } = update;
  const row = data.runs.get(run.name) as RunRow;
  const imported = { order: row.createdAt, imported: true };
  data.runs.set(run.name, { ...row, status, startedAt, endedAt, counts, ...imported });
  data.events.set(run.name, [...update.events]);
  data.lasting.set(run.name, update.events.length);
  projectResults(data, update, true);
  takeOverMarks(data, run.name);
  for (const { fingerprint, preImage } of preImages)
    if (!data.preImages.has(fingerprint)) data.preImages.set(fingerprint, preImage);
  return "created";
}

/** See the embedded store: what was made before a mark of its fingerprint was set. */
function takeOverMarks({ results }: Data, run: string): void {
  for (const row of results.filter((one) => one.run === run)) {
    const isMarking = ({ fingerprint, invalidated, order }: StoredResult): boolean =>
      fingerprint === row.fingerprint && row.order <= Math.max(invalidated?.at ?? -1, order);
    const marked = results.find((one) => one.invalidated !== null && isMarking(one));
    row.invalidated = marked?.invalidated ?? null;
  }
}

function resultVerbs(
  data: Data,
): Verbs<
  | "results"
  | "newestUsable"
  | "newestResult"
  | "invalidations"
  | "invalidate"
  | "resultsWith"
  | "fingerprintAt"
  | "resultsOf"
  | "fingerprintsWithStaticId"
  | "preImage"
  | "resultState"
> {
  const whole = (row: StoredResult): boolean =>
    !row.damaged && row.invalidated === null && row.removed === null;
  const find = (run: string, seq: number): StoredResult | null =>
    data.results.find((row) => row.run === run && row.seq === seq) ?? null;
  const usable = (fingerprint: string): ResultRow[] =>
    data.results
      .filter((row) => row.fingerprint === fingerprint && whole(row))
      .sort((a, b) => b.order - a.order);
  return {
    results: async (fingerprint) => usable(fingerprint).slice(0, MOST_RESULTS),
    async newestUsable(fingerprints) {
      const found = new Map<string, StoredResult>();
      const wanted = new Set(fingerprints);
      for (const row of data.results) {
        if (!wanted.has(row.fingerprint) || !whole(row)) continue;
        const other = found.get(row.fingerprint);
        if (other === undefined || other.order < row.order) found.set(row.fingerprint, row);
      }
      return found;
    },
    async newestResult(fingerprint) {
      const [row] = data.results
        .filter((one) => one.fingerprint === fingerprint)
        .sort((a, b) => b.order - a.order || b.seq - a.seq);
      if (row === undefined) return null;
      return { row, invalidated: row.invalidated, removed: row.removed };
    },
    invalidations: async (results) =>
      results.map(({ run, seq }) => find(run, seq)?.invalidated ?? null),
    async invalidate(results, mark) {
      for (const { run, seq } of results) {
        const row = find(run, seq);
        if (row !== null) row.invalidated ??= mark;
      }
    },
    resultsWith: async (part) =>
      data.results
        .filter((row) => holds(data.preImages.get(row.fingerprint), row, part))
        .sort((a, b) => a.finishedAt - b.finishedAt),
    fingerprintAt: async ({ run, seq }) => find(run, seq)?.fingerprint ?? null,
    resultsOf: async (run) => data.results.filter((row) => row.run === run),
    fingerprintsWithStaticId: async (id) => [
      ...new Set(
        data.results
          .filter((row) => row.staticId === id && whole(row))
          .map((row) => row.fingerprint),
      ),
    ],
    preImage: async (fingerprint) => data.preImages.get(fingerprint) ?? null,
    async resultState(fingerprint) {
      const rows = data.results.filter((row) => row.fingerprint === fingerprint);
      if (rows.length === 0) return "none";
      return rows.some(whole) ? "whole" : "damaged";
    },
  };
}

function holds(image: PreImage | undefined, row: ResultRow, part: PreImagePart): boolean {
  if (part.kind === "fingerprint") return row.fingerprint.startsWith(part.id);
  if (image === undefined) return false;
  if (part.kind !== "contents") return image.moment[part.kind]?.startsWith(part.id) ?? false;
  return Object.values(image.moment.contents).some(([id]) => part.ids.includes(id));
}
