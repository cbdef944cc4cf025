// Equal work is done once, in one run and by runs at the same time: corrects what was said of each step by itself, where
// another step or run may do its work. Knows the order in which steps become ready, and nothing of how results are found.

import { staticId } from "../../core/fingerprint.ts";
import type { Plan } from "../../core/plan.ts";
import type { Reason } from "../../core/reason.ts";
import { wireGraph } from "../../core/run-state.ts";
import { momentBase, mustRun, type OutputLookup, stepFacts } from "../../core/step-facts.ts";
import type { StepNode } from "../../spec/graph.ts";
import type { UnderWay } from "../recorded/work-under-way.ts";
import type { StepForecast } from "./plan-run.ts";

export interface TwinFacts {
  readonly plan: Plan;
  readonly lookup: OutputLookup;
  /** Steps whose environment has no lock that holds yet, and why. */
  readonly unresolved: ReadonlyMap<number, string>;
  /** What other runs do now, of which nobody knows how it ends. */
  readonly elsewhere: ReadonlyMap<string, UnderWay>;
}

/** The work of one step that is not reused. */
interface Work {
  readonly index: number;
  readonly must: boolean;
  /** All that is known before its data is, and its environment. */
  readonly stable: string;
  /** The same without the environment: one without a lock may come out as any that is made. */
  readonly loose: string;
  readonly isOpen: boolean;
  readonly isMade: boolean;
  /** The whole of it; null: not all is known, or it is not shared. */
  readonly whole: string | null;
}

/** The forecasts in the order of the graph, equal work considered. */
export function withTwins(
  facts: TwinFacts,
  forecasts: readonly StepForecast[],
): readonly StepForecast[] {
  if (forecasts.every(({ decision }) => decision === "reuse" || decision === "skip"))
    return forecasts;
  const turns = turnsOf(facts.plan, forecasts);
  const works = forecasts
    .flatMap(({ decision }, index) => (decision === "reuse" || decision === "skip" ? [] : [index]))
    .map((index) => workOf(facts, index));
  const turn = ({ index }: Work): number => turns[index] as number;
  // What is ready first does the work.
  works.sort((a, b) => (turn(a) === turn(b) ? a.index - b.index : turn(a) - turn(b)));
  const settled = [...forecasts];
  const see = newTwins(facts);
  for (const work of works) settled[work.index] = see(work, forecasts[work.index] as StepForecast);
  const late = works.filter((work) => turn(work) === Number.POSITIVE_INFINITY);
  const early = new Set(works.slice(0, works.length - late.length).map(({ whole }) => whole));
  for (const { index, rival } of rivalries(facts.plan, late, early))
    settled[index] = asTwin(settled[index] as StepForecast, "depends", rival);
  return settled;
}

/**
 * The place of each step in the order in which they become ready, which is that in which the reused ones are over; infinity
 * where one waits for a step that runs, which nobody knows the end of.
 */
function turnsOf({ graph }: Plan, forecasts: readonly StepForecast[]): readonly number[] {
  const { dependencies, dependents } = wireGraph(graph);
  const turns = forecasts.map(() => Number.POSITIVE_INFINITY);
  const waitsFor = dependencies.map((list) => list.length);
  let turn = 0;
  let ready = [...forecasts.keys()].filter((index) => waitsFor[index] === 0);
  while (ready.length > 0) {
    for (const index of ready) turns[index] = turn++;
    const next: number[] = [];
    for (const index of asTaken(ready, forecasts))
      for (const dependent of dependents[index] ?? []) {
        waitsFor[dependent] = (waitsFor[dependent] as number) - 1;
        if (waitsFor[dependent] === 0) next.push(dependent);
      }
    ready = next;
  }
  return turns;
}

/** Those that are reused, in the order of the record: what is taken from one run for one reason is taken at once. */
function asTaken(ready: readonly number[], forecasts: readonly StepForecast[]): readonly number[] {
  const groups = groupsOf(
    ready.filter((index) => forecasts[index]?.decision === "reuse"),
    (index) => `${forecasts[index]?.from}\n${forecasts[index]?.reason?.detail}`,
  );
  return [...groups.values()].flat();
}

function workOf({ plan, lookup, unresolved }: TwinFacts, index: number): Work {
  const step = plan.graph.steps[index] as StepNode;
  const planned = plan.steps[index] as Plan["steps"][number];
  const isOpen = unresolved.has(index);
  const base = momentBase(plan, planned);
  const environment = isOpen ? ` ${JSON.stringify(step.environment)}` : "";
  const must = mustRun(plan, index) !== null;
  const known = must ? null : stepFacts(plan, index, lookup);
  return {
    index,
    must,
    stable: staticId(planned.nodeId, base) + environment,
    loose: staticId(planned.nodeId, { ...base, environment: "" }),
    isOpen,
    isMade: plan.environments[planned.environment]?.kind === "uv",
    whole: known === null ? null : known.fingerprint + environment,
  };
}

/** What the first of two equal steps does decides what can be said of the second. To be asked in the order of their turns. */
function newTwins({
  plan,
  elsewhere,
}: TwinFacts): (work: Work, forecast: StepForecast) => StepForecast {
  /** Work that is certain to be done, and can be shared, by fingerprint: the step that does it. */
  const certain = new Map<string, string>();
  /** Work that may be done, by static id; and that of which not all is known yet, so that it may come out as any. */
  const possible = new Map<string, string>();
  const vague = new Map<string, string>();
  /** The same by what is known without the environment. */
  const alike = new Map<string, string>();
  const alikeOpen = new Map<string, string>();
  return ({ index, must, stable, loose, isOpen, isMade, whole }, forecast) => {
    const path = plan.graph.steps[index]?.path as string;
    const same = whole === null ? undefined : certain.get(whole);
    // Where all is known of both, equal work has equal fingerprints.
    const isKnown = whole !== null && !isOpen;
    const seen =
      (isKnown ? vague : possible).get(stable) ??
      (isOpen ? alike : isMade ? alikeOpen : NONE).get(loose);
    const perhaps = must ? undefined : seen;
    setFirst(possible, stable, path);
    if (!isKnown) setFirst(vague, stable, path);
    if (isOpen || isMade) setFirst(alike, loose, path);
    if (isOpen) setFirst(alikeOpen, loose, path);
    if (whole !== null && perhaps === undefined) certain.set(whole, path);
    if (same !== undefined) return asTwin(forecast, "reuse", same);
    if (perhaps !== undefined) return asTwin(forecast, "depends", perhaps);
    const other = must ? undefined : elsewhere.get(stable);
    return other === undefined ? forecast : asShared(forecast, other);
  };
}

const NONE: ReadonlyMap<string, string> = new Map();

function setFirst(map: Map<string, string>, key: string, value: string): void {
  if (!map.has(key)) map.set(key, value);
}

/** Steps that all wait for others, and any of which may be the first of the same work: none of them is certain. */
function* rivalries(
  plan: Plan,
  late: readonly Work[],
  early: ReadonlySet<string | null>,
): Generator<{ readonly index: number; readonly rival: string }> {
  for (const group of groupsOf(late, ({ stable }) => stable).values()) {
    if (group.length === 1) continue;
    const vague = group.filter(({ whole }) => whole === null);
    const equal = groupsOf(group, ({ whole }) => whole);
    for (const { index, must, whole } of group) {
      if (must || (whole !== null && early.has(whole))) continue;
      const others = whole === null ? [group] : [equal.get(whole) ?? [], vague];
      const rival = rivalOf(plan, index, others);
      if (rival !== null) yield { index, rival };
    }
  }
}

function groupsOf<T, K>(all: readonly T[], keyOf: (one: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}

/** One that may be ready before the step; each list is in the order of the graph. */
function rivalOf(plan: Plan, index: number, lists: readonly (readonly Work[])[]): string | null {
  const before = lists.flatMap((list) => list.slice(0, 1)).find((work) => work.index < index);
  const rival = before ?? apartFrom(plan, index, lists.flat());
  return rival === undefined ? null : (plan.graph.steps[rival.index]?.path ?? null);
}

/** The first that does not wait for the step. */
function apartFrom(plan: Plan, index: number, works: readonly Work[]): Work | undefined {
  if (works.length === 1) return undefined;
  const below = stepsBelow(plan, index);
  return works.find((work) => !below.has(work.index));
}

/** A step and all that wait for it, however far. */
function stepsBelow({ graph }: Plan, index: number): ReadonlySet<number> {
  const { dependents } = wireGraph(graph);
  const below = new Set<number>([index]);
  for (const at of below) for (const next of dependents[at] ?? []) below.add(next);
  return below;
}

function asTwin(forecast: StepForecast, decision: "reuse" | "depends", twin: string): StepForecast {
  const [kind, detail] =
    decision === "reuse"
      ? (["in_flight", `the same work as step ${twin}`] as const)
      : (["depends", `depends on step ${twin}, which may do the same work`] as const);
  const forecastS = decision === "reuse" ? 0 : forecast.forecastS;
  return { ...forecast, decision, reason: { kind, detail }, forecastS };
}

function asShared(forecast: StepForecast, { run, goesOn }: UnderWay): StepForecast {
  const detail = goesOn
    ? `run ${run}, which is going on, may do the same work`
    : `run ${run}, which was interrupted, may have done the same work: its step was going on`;
  const reason: Reason = { kind: "in_flight", detail };
  return { ...forecast, decision: "depends", reason };
}
