// Writes what a run made into a shared cache: bytes first, then the signed run, then what leads to it. Whoever reads sees a
// result wholly or not at all, and a push that was interrupted is done again by the next.

import path from "node:path";
import type { Manifest } from "../../core/content.ts";
import { digest } from "../../core/digest.ts";
import type { OutputRecord, StepResult } from "../../core/output.ts";
import { openPlan } from "../../core/plan-document.ts";
import {
  SHARED_FORMAT,
  type SharedResult,
  type SharedRun,
  sharedRunId,
} from "../../core/shared-run.ts";
import { describeDoubt } from "../../core/trust-notes.ts";
import type { ResultRow } from "../../ports/records.ts";
import { StorageError } from "../../ports/storage.ts";
import { USUAL_PART_BYTES } from "../../transfers/part-plan.ts";
import { type Move, moveData } from "../data/move-data.ts";
import { inParallel } from "../in-parallel.ts";
import { planDocuments } from "../plans/plan-documents.ts";
import { type RecordedRun, readRun } from "../recorded/read-run.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { SigningKey } from "../signing-key.ts";
import { places, type Workspace } from "../workspace.ts";
import {
  bytesPath,
  hasBytes,
  hasRun,
  putBytes,
  putManifest,
  putRun,
  type SharedCache,
} from "./shared-cache.ts";

export interface Pushed {
  readonly run: string;
  /** Results that are in the cache now. */
  readonly results: number;
  /** Files that were not there before. */
  readonly files: number;
  readonly bytes: number;
  /** Steps whose results stay here, each with the reason. */
  readonly notShared: readonly { readonly step: string; readonly why: string }[];
}

const AT_ONCE = 16;
const STEPS_AT_ONCE = 8;

/** The run's own results, and those of other runs of this workspace that it reused. Throws `StorageError`. */
export async function pushRun(
  workspace: Workspace,
  cache: SharedCache,
  { name, key }: { readonly name: string; readonly key: SigningKey },
): Promise<readonly Pushed[] | Refusal> {
  const run = await readRun(workspace, name);
  if (isRefusal(run)) return run;
  if (run.state.endedAt === null)
    return refuse("run_not_ended", `${name} has no end yet`, `wait for it: stepwell wait ${name}`);
  const sources = new Set([...run.results.values()].map((row) => row.run));
  const pushed: Pushed[] = [];
  for (const source of new Set([name, ...sources])) {
    const from = source === name ? run : await readRun(workspace, source);
    if (!isRefusal(from) && !from.row.imported && from.state.endedAt !== null)
      pushed.push(await pushOne(workspace, cache, from, key));
  }
  return pushed;
}

async function pushOne(
  workspace: Workspace,
  cache: SharedCache,
  run: RecordedRun,
  key: SigningKey,
): Promise<Pushed> {
  const counter = newCounter();
  const notShared: { step: string; why: string }[] = [];
  const shared: SharedResult[] = [];
  await inParallel(await ownResults(workspace, run), STEPS_AT_ONCE, async (row) => {
    const why = await whyNot(workspace, row);
    if (why === null) {
      for (const record of recordsOf(row.result))
        await pushOutput(workspace, cache, record, counter);
      shared.push(await sharedResult(workspace, run, row));
    } else notShared.push({ step: row.path, why });
  });
  notShared.sort((a, b) => (a.step < b.step ? -1 : 1));
  // The name of a shared run is that of its text: the same whichever step was first.
  shared.sort((a, b) => a.step - b.step);
  const body = await bodyOf(workspace, run, shared);
  const id = sharedRunId(body);
  const fingerprints = shared.map((one) => one.fingerprint);
  if (shared.length > 0 && !(await hasRun(cache, id, run.row.name)))
    await putRun(cache, { id, body, name: run.row.name }, { fingerprints, key });
  const { files, bytes } = counter;
  return { run: run.row.name, results: shared.length, files, bytes, notShared };
}

/** What counts: neither invalidated nor made anew since in the same run. */
async function ownResults(workspace: Workspace, run: RecordedRun): Promise<readonly ResultRow[]> {
  const rows = await workspace.records.resultsOf(run.row.name);
  const marks = await workspace.records.invalidations(rows);
  const byPath = new Map<string, ResultRow>();
  for (const [index, row] of rows.entries()) if (marks[index] === null) byPath.set(row.path, row);
  return [...byPath.values()];
}

async function whyNot(workspace: Workspace, { result }: ResultRow): Promise<string | null> {
  if (result.undeclared !== undefined) return "it relies on what it does not declare";
  const doubt = describeDoubt(result);
  if (doubt !== null) return doubt;
  for (const record of recordsOf(result))
    if (!(await workspace.contents.verify(record))) return `${record.path} was deleted or changed`;
  return null;
}

function recordsOf({ outputs, artifacts }: StepResult): readonly OutputRecord[] {
  return [...Object.values(outputs), ...(artifacts === null ? [] : [artifacts])];
}

/** What a push has sent so far. */
export interface Counter {
  files: number;
  bytes: number;
  /** The large file that was begun last: they go one after the other, each in parallel by itself. */
  large: Promise<void>;
}

export function newCounter(): Counter {
  return { files: 0, bytes: 0, large: Promise.resolve() };
}

/** The bytes of an output, or of data, that are not there yet. */
export async function pushOutput(
  workspace: Workspace,
  cache: SharedCache,
  record: OutputRecord,
  counter: Counter,
): Promise<void> {
  const push = async (id: OutputRecord["id"], file: string, size: number): Promise<void> => {
    if (await hasBytes(cache, id)) return;
    if (size <= USUAL_PART_BYTES) await putBytes(cache, id, file);
    else {
      counter.large = counter.large.then(() => putLarge(workspace, cache, id, file));
      await counter.large;
    }
    counter.files += 1;
    counter.bytes += size;
  };
  if (record.kind === "file") return push(record.id, record.path, record.sizeBytes);
  const manifest = await manifestOf(workspace, record);
  await inParallel(manifest.entries, AT_ONCE, async (entry) => {
    if (entry.type === "file") await push(entry.id, path.join(record.path, entry.path), entry.size);
  });
  await putManifest(cache, record.id, manifest);
}

/** In parts, so that a push that was killed goes on in the middle of it. */
async function putLarge(
  workspace: Workspace,
  cache: SharedCache,
  id: OutputRecord["id"],
  file: string,
): Promise<void> {
  const journalFolder = places.transfers(workspace.folder);
  const at = bytesPath(cache, id);
  const { url } = cache.config;
  const name = digest(`${url} ${at}`).slice("sha256:".length);
  const lock = await workspace.lock(path.join(journalFolder, `${name}.lock`), () =>
    workspace.notice(`${file} is being sent to ${url} by another process`),
  );
  const source = await workspace.openStorage({ type: "file", path: path.dirname(file) });
  try {
    const move: Move = {
      from: { storage: source, path: path.basename(file) },
      to: { storage: cache.storage, path: at },
      kind: "file",
      mode: "fail_if_conflict",
      sameIsNoConflict: true,
      journalFolder,
    };
    const moved = await moveData(workspace, move, (line) =>
      workspace.notice(`sending to ${url}: ${line}`),
    );
    if (isRefusal(moved)) throw new StorageError("failed", moved.message);
    if (moved.sha256 === null || moved.sha256 === id) return;
    await cache.storage.delete(at);
    throw new StorageError("corrupt", `${file} was changed while it was sent`);
  } finally {
    await source.close();
    lock.release();
  }
}

async function manifestOf({ contents }: Workspace, record: OutputRecord): Promise<Manifest> {
  const known = await contents.manifest(record.id);
  if (known !== null) return known;
  await contents.identify(record.path, record.type);
  return (await contents.manifest(record.id)) ?? { format: 1, entries: [] };
}

async function sharedResult(
  { records }: Workspace,
  run: RecordedRun,
  row: ResultRow,
): Promise<SharedResult> {
  const { path: step, fingerprint, staticId, finishedAt, durationMs, result } = row;
  const preImage = await records.preImage(fingerprint);
  if (preImage === null) throw new Error(`the pre-image of ${fingerprint} is not recorded`);
  const index = run.indexOf.get(step) as number;
  return {
    step: index,
    path: step,
    fingerprint,
    staticId,
    finishedAt,
    durationMs,
    preImage,
    result,
  };
}

async function bodyOf(
  { records }: Workspace,
  { row, plan }: RecordedRun,
  results: readonly SharedResult[],
): Promise<string> {
  const planBody = (await records.document(row.planId)) ?? "";
  const graphId = openPlan(planBody).graph;
  const documents: Record<string, string> = {
    [row.planId]: planBody,
    [graphId]: (await records.document(graphId)) ?? "",
  };
  for (const { id, body } of planDocuments(plan)) documents[id] = body;
  const { name, pipeline, experiment, displayName, description, tags, createdAt, origin } = row;
  const shared: SharedRun = {
    format: SHARED_FORMAT,
    run: {
      name,
      pipeline,
      experiment,
      displayName,
      description,
      tags,
      status: row.status as SharedRun["run"]["status"],
      createdAt,
      endedAt: row.endedAt ?? createdAt,
      origin,
    },
    planId: row.planId,
    documents,
    steps: plan.graph.steps.length,
    results,
  };
  return JSON.stringify(shared);
}
