// How much disk a workspace takes, and what for. Bytes that lie on the disk once count once in a group, and as shared where
// another group names them too. Reads names and sizes, never contents; removes nothing.

import type fs from "node:fs";
import path from "node:path";
import type { OutputRecord } from "../../core/output.ts";
import type { RunRow } from "../../ports/records.ts";
import { namesIn, statsOf } from "../names-in.ts";
import { copiesOfRecord } from "../old-records.ts";
import { allRuns } from "../recorded/all-runs.ts";
import { places, type Workspace } from "../workspace.ts";
import { collectGarbage } from "./collect-garbage.ts";

export const USAGE_GROUPS = [
  "kind",
  "pipeline",
  "step",
  "run",
  "environment",
  "experiment",
] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

export interface Usage {
  readonly name: string;
  /** What it names on the disk, each byte once. */
  readonly sizeBytes: number;
  /** Of these, what others of the list name as well. */
  readonly sharedBytes: number;
}

export interface DiskUsage {
  readonly by: UsageGroup;
  /** Largest first. */
  readonly groups: readonly Usage[];
  /** All of the list on the disk: shared bytes count once. */
  readonly sizeBytes: number;
  /** What `gc` would free. */
  readonly garbageBytes: number;
}

export async function diskUsage(workspace: Workspace, by: UsageGroup): Promise<DiskUsage> {
  const tally = createTally();
  if (by === "kind") countKinds(workspace, tally);
  else if (by === "environment") await countEnvironments(workspace, tally);
  else await countRuns(workspace, by, tally);
  const garbage = Object.values((await collectGarbage(workspace, true)).kinds);
  return {
    by,
    ...tally.result(),
    garbageBytes: garbage.reduce((sum, each) => sum + each.sizeBytes, 0),
  };
}

function countKinds({ folder }: Workspace, tally: Tally): void {
  const dot = places.dot(folder);
  const kinds: Readonly<Record<string, readonly string[]>> = {
    outputs: [path.join(places.store(folder), "azureml")],
    "copies of inputs": [places.kept(folder)],
    code: [places.code(folder), places.frozen(folder)],
    logs: [path.join(dot, "logs")],
    "work and scratch of attempts": [
      places.work(folder),
      places.attempts(folder),
      places.scratch(folder),
      path.join(dot, "trash"),
    ],
    checkpoints: [places.checkpoints(folder)],
    downloads: [places.downloads(folder)],
    records: [
      ...["", "-wal", "-shm"].map((end) => `${places.database(folder)}${end}`),
      ...copiesOfRecord(folder),
    ],
  };
  for (const [kind, paths] of Object.entries(kinds)) for (const at of paths) tally.add(kind, at);
  tally.addRest("other", dot);
}

async function countEnvironments(workspace: Workspace, tally: Tally): Promise<void> {
  for (const { folder, label } of await workspace.collectEnvironments(-1, true))
    tally.add(`${label ?? "half made"} ${path.basename(folder)}`, folder);
}

async function countRuns(
  workspace: Workspace,
  by: Exclude<UsageGroup, "kind" | "environment">,
  tally: Tally,
): Promise<void> {
  for await (const row of allRuns(workspace.records)) await countRun(workspace, row, by, tally);
}

async function countRun(
  workspace: Workspace,
  row: RunRow,
  by: Exclude<UsageGroup, "kind" | "environment">,
  tally: Tally,
): Promise<void> {
  const groupOf = (step: string): string =>
    by === "run" ? row.name : by === "step" ? `${row.pipeline}: ${step}` : row[by];
  for (const { path: step, result } of await workspace.records.resultsOf(row.name)) {
    const outputs: (OutputRecord | null)[] = [...Object.values(result.outputs), result.artifacts];
    for (const output of outputs) if (output !== null) tally.add(groupOf(step), output.path);
  }
  const logs = path.dirname(places.logFile(workspace.folder, row.name, "x", 1));
  for (const name of namesIn(logs))
    tally.add(groupOf(name.replace(/\.\d+\.log$/, "").replace(/^_$/, ".")), path.join(logs, name));
}

interface Tally {
  add(group: string, at: string): void;
  /** What lies below `at` and was not added before. */
  addRest(group: string, at: string): void;
  result(): Pick<DiskUsage, "groups" | "sizeBytes">;
}

function createTally(): Tally {
  const groups = new Map<string, { size: number; shared: number }>();
  /** Files with several names: who names them. */
  const named = new Map<string, { readonly size: number; readonly by: Set<string> }>();
  const added = new Set<string>();
  let total = 0;
  const count = (group: string, stats: fs.Stats): void => {
    const sum = groups.get(group) ?? { size: 0, shared: 0 };
    groups.set(group, sum);
    const { size } = stats;
    if (stats.nlink < 2) {
      sum.size += size;
      total += size;
      return;
    }
    const key = `${stats.dev} ${stats.ino}`;
    const file = named.get(key) ?? { size, by: new Set<string>() };
    if (file.by.size === 0) total += size;
    if (!file.by.has(group)) sum.size += size;
    named.set(key, { ...file, by: file.by.add(group) });
  };
  const walk = (group: string, at: string, skip: ReadonlySet<string>): void => {
    if (skip.has(at)) return;
    const stats = statsOf(at);
    if (stats?.isDirectory())
      for (const name of namesIn(at)) walk(group, path.join(at, name), skip);
    else if (stats?.isFile()) count(group, stats);
  };
  return {
    add(group, at) {
      added.add(at);
      walk(group, at, new Set());
    },
    addRest: (group, at) => walk(group, at, added),
    result() {
      for (const { size, by } of named.values())
        if (by.size > 1) for (const group of by) addShared(groups, group, size);
      const list = [...groups].map(([name, { size, shared }]) => ({
        name,
        sizeBytes: size,
        sharedBytes: shared,
      }));
      return { groups: list.sort((a, b) => b.sizeBytes - a.sizeBytes), sizeBytes: total };
    },
  };
}

function addShared(
  groups: ReadonlyMap<string, { shared: number }>,
  group: string,
  size: number,
): void {
  const sum = groups.get(group);
  if (sum !== undefined) sum.shared += size;
}
