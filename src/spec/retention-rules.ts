// Reads `retention` of `stepwell.yml`: how long what is kept. Knows nothing of what there is to keep.

import type { Problem } from "./problem.ts";
import { problemAt } from "./problem-at.ts";
import { parseDuration, readSize } from "./quantity.ts";
import { getMapping, getSet, getText, type TreeMapping, textOf } from "./tree.ts";

/** Which runs count as kept; what only other runs name may go. Null where the rule says nothing. */
export interface RunRule {
  /** Runs that ended within this time. */
  readonly keepForMs: number | null;
  /** The newest of each pipeline. */
  readonly keepLast: number | null;
  /** Runs with one of these tags; `*` is any value. */
  readonly keepTags: readonly (readonly [tag: string, value: string])[];
  /** The oldest go first until all of it takes no more than this. */
  readonly maxSizeBytes: number | null;
}

/** Kinds that belong to runs; absent: nothing of them is removed because of its age or size. */
export const RUN_KINDS = ["outputs", "snapshots", "inputs", "downloads"] as const;
/** Kinds that are only counted by when they were last used; absent: the time that Stepwell has for them. */
export const USED_KINDS = ["environments", "scratch", "checkpoints"] as const;

export type RetentionRules = Readonly<
  Record<(typeof RUN_KINDS)[number], RunRule | null> &
    Record<(typeof USED_KINDS)[number], number | null>
>;

export const NO_RETENTION: RetentionRules = {
  outputs: null,
  snapshots: null,
  inputs: null,
  downloads: null,
  environments: null,
  scratch: null,
  checkpoints: null,
};

export function readRetention(root: TreeMapping, problems: Problem[]): RetentionRules {
  const all = getMapping(root, "retention");
  if (all === null) return NO_RETENTION;
  const ofRuns = (kind: (typeof RUN_KINDS)[number]): RunRule | null => {
    const rule = getMapping(all, kind);
    return rule === null ? null : readRule(rule, problems);
  };
  const used = (kind: (typeof USED_KINDS)[number]): number | null => {
    const rule = getMapping(all, kind);
    return rule === null ? null : durationAt(rule, problems);
  };
  return {
    outputs: ofRuns("outputs"),
    snapshots: ofRuns("snapshots"),
    inputs: ofRuns("inputs"),
    downloads: ofRuns("downloads"),
    environments: used("environments"),
    scratch: used("scratch"),
    checkpoints: used("checkpoints"),
  };
}

/** A rule that says nothing keeps everything. */
function readRule(rule: TreeMapping, problems: Problem[]): RunRule | null {
  const last = getText(rule, "keep_last");
  const tags = [...(getMapping(rule, "keep_tags")?.entries ?? [])];
  const found = {
    keepForMs: durationAt(rule, problems),
    keepLast: last !== null && /^\d+$/.test(last) ? Number(last) : null,
    keepTags: tags.map(([tag, { value }]) => [tag, textOf(value) ?? "*"] as const),
    maxSizeBytes: sizeAt(rule, problems),
  };
  const { keepForMs, keepLast, keepTags, maxSizeBytes } = found;
  if (keepForMs !== null || keepLast !== null || keepTags.length > 0 || maxSizeBytes !== null)
    return found;
  return null;
}

/** With its unit: results that are kept for 90 seconds where 90 days are meant are gone. */
function durationAt(rule: TreeMapping, problems: Problem[]): number | null {
  const text = getText(rule, "keep_for");
  if (text === null) return null;
  const seconds = /[a-z]/i.test(text) ? parseDuration(text) : null;
  if (seconds !== null) return seconds * 1000;
  const hint = "Write it like `90d`, `12h` or `30min`.";
  return mistakeAt(rule, "keep_for", { message: `\`${text}\` is not a duration`, hint }, problems);
}

function sizeAt(rule: TreeMapping, problems: Problem[]): number | null {
  const text = getText(rule, "max_size");
  if (text === null) return null;
  const bytes = readSize(text, "`200GB` or `200GiB`");
  return typeof bytes === "number" ? bytes : mistakeAt(rule, "max_size", bytes, problems);
}

function mistakeAt(
  rule: TreeMapping,
  key: string,
  { message, hint }: { readonly message: string; readonly hint: string },
  problems: Problem[],
): null {
  problems.push(problemAt(getSet(rule, key) ?? rule, "wrong_type", message, hint));
  return null;
}
