// Removes what no run of the workspace needs any more: folders of ended attempts, code snapshots and downloads that no
// plan names, variables and environments that are not needed. Never a recorded output, a log, anything of a run without an
// end, or what an attempt that failed a few days ago left behind.

import fs from "node:fs";
import path from "node:path";
import type { ProcessIdentity } from "../core/attempt.ts";
import { isEndedRun } from "../core/status.ts";
import { allRuns } from "./all-runs.ts";
import { unusedCheckpoints } from "./checkpoint-garbage.ts";
import { downloadName } from "./download.ts";
import { failedAttempts } from "./failed-attempts.ts";
import type { ComponentDefinition } from "./load-definition.ts";
import { namesIn } from "./names-in.ts";
import { readRun } from "./read-run.ts";
import { isRefusal } from "./refusal.ts";
import type { DataDefinition } from "./resolve-data.ts";
import { SHELL_OWNER } from "./stage-shell.ts";
import { places, type Workspace } from "./workspace.ts";
import { shellFilesIn } from "./write-shell.ts";

export type GarbageKind =
  | "shared"
  | "work"
  | "attempts"
  | "checkpoints"
  | "code"
  | "kept"
  | "downloads"
  | "variables"
  | "environments";

export interface Collected {
  readonly count: number;
  readonly sizeBytes: number;
}

export type Garbage = Readonly<Record<GarbageKind, Collected>>;

/** A snapshot or download as young as this may belong to a run that is being submitted right now. */
const SUBMIT_MS = 60 * 60_000;
/** So long people come back to what failed. */
const FAILED_MS = 7 * 24 * 60 * 60_000;
const ENVIRONMENT_UNUSED_MS = 30 * 24 * 60 * 60_000;

/** With `dryRun` only counts. */
export async function collectGarbage(workspace: Workspace, dryRun: boolean): Promise<Garbage> {
  const { folder } = workspace;
  // The folders are listed before the record is read: what is newer than the record is not in the list.
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
  const frozen = olderThan(places.frozen(folder), young);
  const downloads = olderThan(places.downloads(folder), young);
  // Each reading of a module makes its programs young again; steps of a run ask for what lies beside them.
  const isIdle = (await workspace.records.openRuns()).length === 0;
  const functions = isIdle
    ? olderThan(places.functions(folder), workspace.clock.now() - FAILED_MS)
    : [];
  const isOpen = await openAttempts(workspace);
  const failed = await failedAttempts(workspace, workspace.clock.now() - FAILED_MS);
  const named = await namedByPlans(workspace);
  const ended = (paths: readonly string[]): readonly string[] =>
    paths.filter((at) => !isOpen(path.basename(at)) && !failed.has(path.basename(at)));
  const environments = await workspace.collectEnvironments(ENVIRONMENT_UNUSED_MS, dryRun);
  const garbage = {
    shared: remove(unusedNames(places.shared(folder), young), dryRun),
    work: remove(ended(work), dryRun),
    attempts: remove(ended([...attempts, ...scratch]), dryRun),
    checkpoints: remove(unusedCheckpoints(workspace, isOpen), dryRun),
    code: remove(
      [
        ...code.filter((at) => !named.code.has(path.basename(at, ".json"))),
        ...frozen.filter((at) => !named.frozen.has(path.basename(at))),
        ...functions,
      ],
      dryRun,
    ),
    kept: remove(
      kept.filter((at) => !named.kept.has(path.basename(at))),
      dryRun,
    ),
    downloads: remove(
      downloads.filter((at) => !named.downloads.has(path.basename(at))),
      dryRun,
    ),
    variables: removeAll(await strayShells(workspace, young), dryRun),
    environments: {
      count: environments.length,
      sizeBytes: environments.reduce((sum, each) => sum + each.sizeBytes, 0),
    },
  };
  if (!dryRun) forgetKept(places.work(folder));
  return garbage;
}

/** Variables of shells that no run needs: those of ended runs, and of submits that never became a run. */
async function strayShells({ folder, records }: Workspace, moment: number): Promise<string[]> {
  const stray: string[] = [];
  for (const run of namesIn(places.runs(folder))) {
    const files = shellFilesIn(places.runFolder(folder, run));
    const row = files.length === 0 ? null : await records.run(run);
    if (row !== null && !isEndedRun(row.status)) continue;
    stray.push(...files.map((name) => path.join(places.runFolder(folder, run), name)));
  }
  // Between its claim to a name and its commit nobody can see a run.
  return stray.filter(
    (at) => (fs.lstatSync(at, { throwIfNoEntry: false })?.mtimeMs ?? moment) < moment,
  );
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
  return namesIn(folder)
    .map((name) => path.join(folder, name))
    .filter((at) => (fs.lstatSync(at, { throwIfNoEntry: false })?.mtimeMs ?? moment) < moment);
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
    const run = await readRun(workspace, row.name);
    if (isRefusal(run)) continue;
    for (const step of run.state.steps)
      for (const attempt of step.attempts) open.add(attempt.attemptId);
  }
  return (attemptId) => open.has(attemptId) || isOpenShell(workspace, attemptId);
}

function isOpenShell(workspace: Workspace, attemptId: string): boolean {
  const file = path.join(places.attempts(workspace.folder), attemptId, SHELL_OWNER);
  try {
    return workspace.process.isAlive(JSON.parse(fs.readFileSync(file, "utf8")) as ProcessIdentity);
  } catch {
    return false;
  }
}

interface Named {
  /** Names of snapshot folders. */
  readonly code: ReadonlySet<string>;
  /** Names of copies of registered components. */
  readonly frozen: ReadonlySet<string>;
  /** Names of kept copies of inputs. */
  readonly kept: ReadonlySet<string>;
  /** Names of download folders. */
  readonly downloads: ReadonlySet<string>;
}

/** What recorded plans and registered data name. */
async function namedByPlans(workspace: Workspace): Promise<Named> {
  const named = {
    code: new Set<string>(),
    frozen: new Set<string>(),
    kept: new Set<string>(),
    downloads: new Set<string>(),
  };
  const downloads = places.downloads(workspace.folder) + path.sep;
  for (const planId of await planIds(workspace)) {
    const plan = await workspace.plans.plan(planId);
    if (plan === null) continue;
    for (const { snapshotId } of plan.codes) named.code.add(hexOf(snapshotId));
    for (const step of plan.steps)
      for (const { path: at, content } of Object.values(step.data)) {
        named.kept.add(hexOf(content.id));
        if (at.startsWith(downloads))
          named.downloads.add(at.slice(downloads.length).split(path.sep, 1)[0] as string);
      }
  }
  for (const component of await workspace.records.assets("component", null)) {
    const { frozen } = JSON.parse(component.definition) as ComponentDefinition;
    if (frozen !== undefined) named.frozen.add(frozen);
  }
  for (const kind of ["data", "model"] as const)
    for (const asset of await workspace.records.assets(kind, null)) {
      const { reference } = JSON.parse(asset.definition) as DataDefinition;
      named.kept.add(hexOf(asset.contentId));
      if (reference.kind === "url") named.downloads.add(downloadName(reference.url));
    }
  return named;
}

function hexOf(id: string): string {
  return id.slice("sha256:".length);
}

async function planIds({ records }: Workspace): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const row of allRuns(records)) ids.add(row.planId);
  return ids;
}

function remove(paths: readonly string[], dryRun: boolean): Collected {
  const isItsOwn = (at: string): boolean => !/\.(json|note)$/.test(at);
  return { ...removeAll(paths, dryRun), count: paths.filter(isItsOwn).length };
}

function removeAll(paths: readonly string[], dryRun: boolean): Collected {
  let sizeBytes = 0;
  for (const at of paths) {
    sizeBytes += sizeOf(at);
    if (!dryRun) removeTree(at);
  }
  return { count: paths.length, sizeBytes };
}

function sizeOf(at: string): number {
  const stats = fs.lstatSync(at, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.size;
  return namesIn(at).reduce((sum, name) => sum + sizeOf(path.join(at, name)), 0);
}

/** Steps may leave folders that even their owner may not write to. */
function removeTree(at: string): void {
  try {
    fs.rmSync(at, { recursive: true, force: true });
  } catch {
    makeWritable(at);
    fs.rmSync(at, { recursive: true, force: true });
  }
}

function makeWritable(at: string): void {
  if (fs.lstatSync(at, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  fs.chmodSync(at, 0o700);
  for (const name of namesIn(at)) makeWritable(path.join(at, name));
}

/** Marks of kept work folders that are gone would count against the limit of those that stay. */
function forgetKept(workFolder: string): void {
  const marks = path.join(workFolder, ".kept");
  for (const name of namesIn(marks))
    if (!fs.existsSync(path.join(workFolder, name)))
      fs.rmSync(path.join(marks, name), { force: true });
}
