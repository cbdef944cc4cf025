// What recorded plans and registered versions name of code snapshots, copies of inputs and downloads, and what of it the rules
// of `retention` let go. Reads plans; knows nothing of folders but their size.

import path from "node:path";
import { itemsToRemove, type KeptItem } from "../../core/retention.ts";
import type { RunRule } from "../../spec/retention-rules.ts";
import { downloadName } from "../data/download.ts";
import type { DataDefinition } from "../data/resolve-data.ts";
import type { KeptEnvironment } from "../definitions/kept-environment.ts";
import type { ComponentDefinition } from "../definitions/load-definition.ts";
import { places, type Workspace } from "../workspace.ts";
import { type KnownRun, runsOf, untouchable } from "./result-references.ts";

const KINDS = ["snapshots", "inputs", "downloads"] as const;
type NamedKind = (typeof KINDS)[number];

export interface Named {
  /** Names that stay. */
  readonly snapshots: ReadonlySet<string>;
  readonly inputs: ReadonlySet<string>;
  readonly downloads: ReadonlySet<string>;
  /** Names of copies of registered components. */
  readonly frozen: ReadonlySet<string>;
}

/** Name → the plans that name it; null: a registered version does. Many runs have one plan. */
type Namers = Record<NamedKind, Map<string, Set<string> | null>>;
/** The runs of each plan. */
type Planned = ReadonlyMap<string, readonly KnownRun[]>;

/** `sizeOf`: of what lies under a name, asked for rules of size alone. */
export async function namedByRuns(
  workspace: Workspace,
  sizeOf: (kind: NamedKind, name: string) => number,
): Promise<Named> {
  const runs = await runsOf(workspace);
  const namers: Namers = { snapshots: new Map(), inputs: new Map(), downloads: new Map() };
  const planned = byPlan(runs);
  for (const planId of planned.keys()) await notePlan(workspace, namers, planId);
  const frozen = await noteRegistered(workspace, namers);
  const staying = async (kind: NamedKind): Promise<ReadonlySet<string>> => {
    const rule = workspace.config.retention[kind];
    if (rule === null) return new Set(namers[kind].keys());
    const items = itemsOf(namers[kind], planned, (name) =>
      rule.maxSizeBytes === null ? 0 : sizeOf(kind, name),
    );
    return stayingUnder(workspace, rule, runs, items);
  };
  const [snapshots, inputs, downloads] = await Promise.all(KINDS.map(staying));
  return { snapshots, inputs, downloads, frozen } as Named;
}

function byPlan(runs: readonly KnownRun[]): Planned {
  const planned = new Map<string, KnownRun[]>();
  for (const run of runs) {
    const known = planned.get(run.planId);
    if (known === undefined) planned.set(run.planId, [run]);
    else known.push(run);
  }
  return planned;
}

async function notePlan(
  { plans, folder }: Workspace,
  namers: Namers,
  planId: string,
): Promise<void> {
  const note = (kind: NamedKind, name: string): void => {
    const known = namers[kind].get(name) ?? new Set<string>();
    namers[kind].set(name, known.add(planId));
  };
  const downloads = places.downloads(folder) + path.sep;
  const plan = await plans.plan(planId);
  for (const { snapshotId } of plan?.codes ?? []) note("snapshots", hexOf(snapshotId));
  for (const step of plan?.steps ?? [])
    for (const { path: at, content } of Object.values(step.data)) {
      note("inputs", hexOf(content.id));
      if (at.startsWith(downloads))
        note("downloads", at.slice(downloads.length).split(path.sep, 1)[0] as string);
    }
}

async function noteRegistered(
  { records }: Workspace,
  namers: Namers,
): Promise<ReadonlySet<string>> {
  const frozen = new Set<string>();
  for (const kind of ["component", "environment"] as const)
    for (const { definition } of await records.assets(kind, null)) {
      const kept = JSON.parse(definition) as ComponentDefinition | KeptEnvironment | null;
      if (kept?.frozen !== undefined) frozen.add(kept.frozen);
    }
  for (const kind of ["data", "model"] as const)
    for (const asset of await records.assets(kind, null)) {
      const { reference } = JSON.parse(asset.definition) as DataDefinition;
      namers.inputs.set(hexOf(asset.contentId), null);
      if (reference.kind === "url") namers.downloads.set(downloadName(reference.url), null);
    }
  return frozen;
}

function itemsOf(
  namers: Namers[NamedKind],
  planned: Planned,
  sizeOf: (name: string) => number,
): readonly KeptItem[] {
  return [...namers].map(([name, by]) => ({
    key: name,
    bytes: name,
    sizeBytes: sizeOf(name),
    runs: [...(by ?? [])].flatMap((planId) => (planned.get(planId) ?? []).map((run) => run.name)),
    isHeld: by === null,
  }));
}

async function stayingUnder(
  { records, clock }: Workspace,
  rule: RunRule,
  runs: readonly KnownRun[],
  items: readonly KeptItem[],
): Promise<ReadonlySet<string>> {
  const isUntouchable = untouchable(await records.pins());
  const going = itemsToRemove(rule, items, runs, { now: clock.now(), isUntouchable });
  return new Set(items.map(({ key }) => key).filter((name) => !going.has(name)));
}

function hexOf(id: string): string {
  return id.slice("sha256:".length);
}
