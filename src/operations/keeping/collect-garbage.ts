// Removes what no run of the workspace needs any more: folders of ended attempts, code snapshots and downloads that no
// plan names, variables and environments that are not needed, and what the rules of `retention` let go. Never a log, anything of
// a run without an end, or, without such a rule, a recorded output.

import fs from "node:fs";
import path from "node:path";
import type { ProcessIdentity } from "../../core/attempt.ts";
import { isEndedRun } from "../../core/status.ts";
import { readText } from "../../ports/read-file.ts";
import { COPY_NAME } from "../data/copy-data.ts";
import { namesIn } from "../names-in.ts";
import { copiesOfRecord } from "../old-records.ts";
import { failedAttempts } from "../recorded/failed-attempts.ts";
import { readRun } from "../recorded/read-run.ts";
import { shellFilesIn } from "../recorded/write-shell.ts";
import { isRefusal } from "../refusal.ts";
import { SHELL_OWNER } from "../runs/stage-shell.ts";
import { places, type Workspace } from "../workspace.ts";
import { unusedCheckpoints } from "./checkpoint-garbage.ts";
import { type CollectedOutputs, type CollectedRun, collectOutputs } from "./collect-outputs.ts";
import { namedByRuns } from "./named-by-runs.ts";
import { type Collected, createRemover, sizeOf } from "./remove-garbage.ts";
import { finishRemovals, STUCK_HINT } from "./remove-results.ts";

export type GarbageKind =
  | "outputs"
  | "shared"
  | "work"
  | "attempts"
  | "checkpoints"
  | "code"
  | "kept"
  | "downloads"
  | "variables"
  | "records"
  | "environments";

export interface Garbage {
  readonly kinds: Readonly<Record<GarbageKind, Collected>>;
  /** Whose outputs the first kind is. */
  readonly runs: readonly CollectedRun[];
  /** Results whose removal a crash had left half done. */
  readonly finished: number;
}

/** A snapshot or download as young as this may belong to a run that is being submitted right now. */
const SUBMIT_MS = 60 * 60_000;
/** So long people come back to what failed. */
const FAILED_MS = 7 * 24 * 60 * 60_000;
const ENVIRONMENT_UNUSED_MS = 30 * 24 * 60 * 60_000;

/** With `dryRun` only counts. */
export async function collectGarbage(workspace: Workspace, dryRun: boolean): Promise<Garbage> {
  const finished = dryRun ? 0 : await finishRemovals(workspace);
  const outputs = await collectOutputs(workspace, dryRun);
  const kinds = await collectKinds(workspace, outputs, dryRun);
  return { kinds, runs: outputs.runs, finished };
}

async function collectKinds(
  workspace: Workspace,
  outputs: CollectedOutputs,
  dryRun: boolean,
): Promise<Garbage["kinds"]> {
  const { folder } = workspace;
  const { retention } = workspace.config;
  const failedMs = retention.scratch ?? FAILED_MS;
  // The folders are listed before the record is read: what is newer than the record is not in the list. What a submit has come to
  // count on since is young by then.
  const work = attemptsIn(places.work(folder));
  const attempts = attemptsIn(places.attempts(folder));
  const scratch = attemptsIn(places.scratch(folder));
  const young = workspace.clock.now() - SUBMIT_MS;
  const code = olderThan(places.code(folder), young);
  const kept = namesIn(places.kept(folder)).flatMap((part) =>
    part.startsWith(".tmp-")
      ? unusedSince([path.join(places.kept(folder), part)], young)
      : unusedSince(pathsIn(path.join(places.kept(folder), part)), young),
  );
  const copies = namesIn(places.copies(folder)).flatMap((name) =>
    olderThan(path.join(places.copies(folder), name), young),
  );
  const frozen = olderThan(places.frozen(folder), young);
  const downloads = downloadsIn(folder, { young, failed: workspace.clock.now() - failedMs });
  // Each reading of a module makes its programs young again; steps of a run ask for what lies beside them.
  const isIdle = (await workspace.records.openRuns()).length === 0;
  const functions = isIdle
    ? olderThan(places.functions(folder), workspace.clock.now() - failedMs)
    : [];
  const isOpen = await openAttempts(workspace);
  const failed = await failedAttempts(workspace, workspace.clock.now() - failedMs);
  const named = await namedByRuns(workspace, (kind, name) => sizeOf(placeOf(folder, kind, name)));
  const ended = (paths: readonly string[]): readonly string[] =>
    paths.filter((at) => !isOpen(path.basename(at)) && !failed.has(path.basename(at)));
  const { remove, stuck } = createRemover(dryRun);
  const unusedMs = retention.environments ?? ENVIRONMENT_UNUSED_MS;
  const environments = await workspace.collectEnvironments(unusedMs, dryRun);
  const garbage = {
    outputs: { count: outputs.count, sizeBytes: outputs.sizeBytes },
    shared: remove(unusedNames(places.shared(folder), young)),
    work: remove(ended(work)),
    attempts: remove(ended([...attempts, ...scratch])),
    checkpoints: remove(unusedCheckpoints(workspace, isOpen, retention.checkpoints)),
    code: remove([
      ...oldOf(code, young).filter((at) => !named.snapshots.has(path.basename(at, ".json"))),
      ...frozen.filter((at) => !named.frozen.has(path.basename(at))),
      ...functions,
    ]),
    kept: remove([
      ...unusedSince(kept, young).filter((at) => !named.inputs.has(path.basename(at))),
      ...unnamedCopies(copies, named.inputs),
    ]),
    downloads: remove(
      downloads.filter((at) => !named.downloads.has(path.basename(at)) && !isInUse(at, young)),
    ),
    variables: remove(await strayShells(workspace, young), () => true),
    // The newest is the way back to the version before.
    records: remove(copiesOfRecord(folder).slice(1)),
    environments: {
      count: environments.length,
      sizeBytes: environments.reduce((sum, each) => sum + each.sizeBytes, 0),
    },
  };
  if (!dryRun) forgetKept(places.work(folder));
  tellStuck(workspace, stuck);
  return garbage;
}

function tellStuck({ notice }: Workspace, stuck: readonly Error[]): void {
  const [first, ...others] = stuck;
  if (first === undefined) return;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  notice(`warning: not everything could be removed: ${first.message}${more}\n  ${STUCK_HINT}`);
}

/** Copies of registered data are called by the beginning of their content; what a crash left half made by none. */
function unnamedCopies(copies: readonly string[], inputs: ReadonlySet<string>): readonly string[] {
  if (copies.length === 0) return [];
  const beginnings = new Set([...inputs].map((id) => id.slice(0, COPY_NAME)));
  return copies.filter((at) => !beginnings.has(path.basename(at)));
}

/** Variables of shells that no run needs: those of ended runs, and of submits that never became a run. */
async function strayShells(
  { folder, records }: Workspace,
  moment: number,
): Promise<readonly string[]> {
  const stray: string[] = [];
  for (const run of namesIn(places.runs(folder))) {
    const files = shellFilesIn(places.runFolder(folder, run));
    const row = files.length === 0 ? null : await records.run(run);
    if (row !== null && !isEndedRun(row.status)) continue;
    stray.push(...files.map((name) => path.join(places.runFolder(folder, run), name)));
  }
  // Between its claim to a name and its commit nobody can see a run.
  return oldOf(stray, moment);
}

/** Bytes that no output names any more, with what is noted about them. */
function unusedNames(folder: string, moment: number): readonly string[] {
  return pathsIn(folder)
    .flatMap(pathsIn)
    .flatMap((at) => {
      const bytes = at.endsWith(".note") ? at.slice(0, -".note".length) : at;
      const stats = fs.lstatSync(bytes, { throwIfNoEntry: false });
      const isUnused = stats === undefined || (stats.nlink === 1 && stats.ctimeMs < moment);
      return isUnused ? [at] : [];
    });
}

function attemptsIn(folder: string): readonly string[] {
  return namesIn(folder)
    .filter((name) => !name.startsWith("."))
    .map((name) => path.join(folder, name));
}

function olderThan(folder: string, moment: number): readonly string[] {
  return oldOf(pathsIn(folder), moment);
}

function oldOf(paths: readonly string[], moment: number): readonly string[] {
  return paths.filter(
    (at) => (fs.lstatSync(at, { throwIfNoEntry: false })?.mtimeMs ?? moment) < moment,
  );
}

/** What was brought here, and journals of transfers that nobody came back to. */
function downloadsIn(
  folder: string,
  { young, failed }: { readonly young: number; readonly failed: number },
): readonly string[] {
  return [
    ...olderThan(places.downloads(folder), young),
    ...olderThan(places.transfers(folder), failed),
  ];
}

/** Something in it, or in what this is the lock of, is younger: who brings it, or a submit, counts on it. */
function isInUse(at: string, moment: number): boolean {
  const bare = at.replace(/\.(lock|partial)$/, "");
  return [`${bare}.partial`, bare].some((place) => newestIn(place) >= moment);
}

function newestIn(at: string): number {
  const stats = fs.lstatSync(at, { throwIfNoEntry: false });
  const below = stats?.isDirectory() === true ? pathsIn(at).map(newestIn) : [];
  return below.reduce((a, b) => Math.max(a, b), stats?.mtimeMs ?? 0);
}

function pathsIn(folder: string): readonly string[] {
  return namesIn(folder).map((name) => path.join(folder, name));
}

/** Each submit that counts on a kept copy notes the time of its use as the time of access. */
function unusedSince(paths: readonly string[], moment: number): readonly string[] {
  return paths.filter((at) => {
    const stats = fs.lstatSync(at, { throwIfNoEntry: false });
    return stats !== undefined && Math.max(stats.atimeMs, stats.mtimeMs) < moment;
  });
}

/** Attempts of runs without an end, and shells that are still open. */
async function openAttempts(workspace: Workspace): Promise<(attemptId: string) => boolean> {
  const open = new Set<string>();
  for (const row of await workspace.records.openRuns()) {
    for (const { attemptId } of await workspace.records.openAttempts(row.name)) open.add(attemptId);
    const run = await readRun(workspace, row.name);
    // What runs of it runs, although nobody here can read what it is.
    if (isRefusal(run)) continue;
    for (const step of run.state.steps)
      for (const attempt of step.attempts) open.add(attempt.attemptId);
  }
  return (attemptId) => open.has(attemptId) || isOpenShell(workspace, attemptId);
}

function isOpenShell(workspace: Workspace, attemptId: string): boolean {
  const file = path.join(places.attempts(workspace.folder), attemptId, SHELL_OWNER);
  try {
    return workspace.process.isAlive(JSON.parse(readText(file)) as ProcessIdentity);
  } catch {
    return false;
  }
}

function placeOf(folder: string, kind: "snapshots" | "inputs" | "downloads", name: string): string {
  if (kind === "inputs") return path.join(places.kept(folder), name.slice(0, 2), name);
  return path.join(kind === "snapshots" ? places.code(folder) : places.downloads(folder), name);
}

/** Marks of kept work folders that are gone would count against the limit of those that stay. */
function forgetKept(workFolder: string): void {
  const marks = path.join(workFolder, ".kept");
  for (const name of namesIn(marks))
    if (!fs.existsSync(path.join(workFolder, name)))
      fs.rmSync(path.join(marks, name), { force: true });
}
