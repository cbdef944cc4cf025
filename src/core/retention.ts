// Which runs a rule of `retention` keeps, and what of the others may go. Pure: runs, sizes and references are handed in.

import type { RunRule } from "../spec/retention-rules.ts";

/** A run as far as rules look at it. */
export interface RuledRun {
  readonly name: string;
  readonly pipeline: string;
  readonly createdAt: number;
  /** Null: it has no end. */
  readonly endedAt: number | null;
  readonly tags: Readonly<Record<string, string>>;
}

/** What stays whatever a rule says: runs without an end, and pinned ones. */
export type Untouchable = (run: RuledRun) => boolean;

/** `runs`: newest first. Without a rule every run is kept. */
export function keptRuns(
  rule: RunRule | null,
  runs: readonly RuledRun[],
  { now, isUntouchable }: { readonly now: number; readonly isUntouchable: Untouchable },
): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const kept = new Set<string>();
  for (const run of runs) {
    const older = seen.get(run.pipeline) ?? 0;
    seen.set(run.pipeline, older + 1);
    if (isUntouchable(run) || isKept(rule, run, older, now)) kept.add(run.name);
  }
  return kept;
}

/** `older`: how many newer runs its pipeline has. A rule of size alone keeps all that there is room for. */
function isKept(rule: RunRule | null, run: RuledRun, older: number, now: number): boolean {
  if (rule === null) return true;
  const { keepForMs, keepLast, keepTags } = rule;
  if (keepForMs === null && keepLast === null && keepTags.length === 0) return true;
  if (keepForMs !== null && now - (run.endedAt ?? now) <= keepForMs) return true;
  if (keepLast !== null && older < keepLast) return true;
  return keepTags.some(
    ([tag, value]) => Object.hasOwn(run.tags, tag) && (value === "*" || run.tags[tag] === value),
  );
}

/** Something that takes space and that runs refer to. */
export interface KeptItem {
  readonly key: string;
  readonly sizeBytes: number;
  /** Items of one `bytes` lie on the disk once. */
  readonly bytes: string;
  /** Names of the runs that refer to it. */
  readonly runs: readonly string[];
  /** Something else refers to it: a version, a pin. */
  readonly isHeld: boolean;
}

/** Keys of the items that may go, and the part of the rule by which each does. */
export function itemsToRemove(
  rule: RunRule | null,
  items: readonly KeptItem[],
  runs: readonly RuledRun[],
  context: { readonly now: number; readonly isUntouchable: Untouchable },
): ReadonlyMap<string, "unreferenced" | "max_size"> {
  const kept = keptRuns(rule, runs, context);
  const going = new Map<string, "unreferenced" | "max_size">();
  for (const item of items)
    if (!item.isHeld && !item.runs.some((run) => kept.has(run)))
      going.set(item.key, "unreferenced");
  if (rule?.maxSizeBytes == null) return going;
  const limit = rule.maxSizeBytes;
  for (const key of overLimit(limit, items, { going, runs, isUntouchable: context.isUntouchable }))
    going.set(key, "max_size");
  return going;
}

/** The newest run of a pipeline keeps what it has: otherwise nothing of the pipeline could be reused. */
function overLimit(
  limit: number,
  items: readonly KeptItem[],
  {
    going,
    runs,
    isUntouchable,
  }: {
    readonly going: ReadonlyMap<string, string>;
    readonly runs: readonly RuledRun[];
    readonly isUntouchable: Untouchable;
  },
): readonly string[] {
  const rank = new Map(runs.map((run, index) => [run.name, index]));
  const newest = new Map<string, string>();
  for (const run of runs) if (!newest.has(run.pipeline)) newest.set(run.pipeline, run.name);
  const fixed = new Set([...newest.values(), ...runs.filter(isUntouchable).map((run) => run.name)]);
  const left = items.filter((item) => !going.has(item.key));
  const uses = new Map<string, number>();
  for (const { bytes } of left) uses.set(bytes, (uses.get(bytes) ?? 0) + 1);
  let total = [...new Map(left.map((item) => [item.bytes, item.sizeBytes])).values()].reduce(
    (sum, size) => sum + size,
    0,
  );
  // Newest first: the last use of an item is by the newest run that refers to it. Thousands of runs may.
  const lastUse = (item: KeptItem): number =>
    item.runs.reduce(
      (best, run) => Math.min(best, rank.get(run) ?? best),
      Number.POSITIVE_INFINITY,
    );
  const oldestFirst = left
    .filter((item) => !item.isHeld && !item.runs.some((run) => fixed.has(run)))
    .map((item) => ({ item, at: lastUse(item) }))
    .sort((a, b) => b.at - a.at);
  const taken: string[] = [];
  for (const { item } of oldestFirst) {
    if (total <= limit) break;
    taken.push(item.key);
    const others = (uses.get(item.bytes) ?? 1) - 1;
    uses.set(item.bytes, others);
    if (others === 0) total -= item.sizeBytes;
  }
  return taken;
}

/** `outputs that no rule of stepwell.yml keeps`. */
export function describeRule(kind: string, why: "unreferenced" | "max_size"): string {
  return why === "max_size"
    ? `retention.${kind}.max_size of stepwell.yml`
    : `no rule of retention.${kind} in stepwell.yml keeps it`;
}
