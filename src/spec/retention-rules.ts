// Reads `retention` of `stepwell.yml`: how long what is kept. Knows nothing of what there is to keep.

import type { Problem } from "./problem.ts";
import { problemAt } from "./problem-at.ts";
import { parseBytes, parseDuration } from "./quantity.ts";
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

function durationAt(rule: TreeMapping, problems: Problem[]): number | null {
  return quantityAt(rule, problems, {
    key: "keep_for",
    parse: (text) => {
      const seconds = parseDuration(text);
      return seconds === null ? null : seconds * 1000;
    },
    what: "a duration",
    hint: "Write it like `90d`, `12h` or `30min`.",
  });
}

function sizeAt(rule: TreeMapping, problems: Problem[]): number | null {
  const hint = "Write bytes, `200GB` or `200GiB`.";
  return quantityAt(rule, problems, { key: "max_size", parse: parseBytes, what: "a size", hint });
}

function quantityAt(
  rule: TreeMapping,
  problems: Problem[],
  {
    key,
    parse,
    what,
    hint,
  }: {
    readonly key: string;
    readonly parse: (text: string) => number | null;
    readonly what: string;
    readonly hint: string;
  },
): number | null {
  const text = getText(rule, key);
  if (text === null) return null;
  const value = parse(text);
  if (value !== null) return value;
  const place = getSet(rule, key) ?? rule;
  problems.push(problemAt(place, "wrong_type", `\`${text}\` is not ${what}`, hint));
  return null;
}
