// Why queued steps of a run have not started: the same work elsewhere, a pause before another attempt, or slots that
// other steps hold. Reads the record only, as the engine left it; knows nothing of how it is shown.

import type { Demand } from "../../core/plan.ts";
import { liveAttempt } from "../../core/run-state.ts";
import { capacityIn, fitted, poolOf, type Supply } from "../../core/schedule.ts";
import { isRefusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { type RecordedRun, readRun } from "./read-run.ts";
import type { RunView } from "./run-view.ts";

/** More runs at work are not looked into: the slots are few. */
const MOST_RUNS = 50;

/** Words for people, by the index of the step; empty where nothing waits. */
export async function waitingSteps(
  workspace: Workspace,
  run: RecordedRun,
): Promise<ReadonlyMap<number, string>> {
  const queued = [...run.state.steps.entries()].filter(([, { status }]) => status === "Queued");
  const isGoingOn = run.status === "Running" || run.status === "Queued";
  if (queued.length === 0 || !isGoingOn) return new Map();
  const supply = workspace.supply();
  const holders = await slotHolders(workspace, run, supply);
  const words = queued.map(([index, { retryAt }]): [number, string] => {
    const same = run.state.attached.get(index);
    if (same !== undefined) return [index, `${same.run}, step ${same.path}, does the same work`];
    const left = retryAt === null ? 0 : retryAt - workspace.clock.now();
    if (left > 0) return [index, `waits ${Math.ceil(left / 1000)} s before its next attempt`];
    const demand = run.plan.steps[index]?.demand ?? { cpus: 1, memoryBytes: 0, gpus: 0 };
    const pool = poolIn(supply, run, index);
    return [index, slotWords(fitted(demand, capacityIn(supply, pool)), pool, supply, holders)];
  });
  return new Map(words);
}

/** The view with those words as the reasons of the steps that wait. */
export function withWaiting(
  view: RunView,
  run: RecordedRun,
  waiting: ReadonlyMap<number, string>,
): RunView {
  const steps = view.steps.map((step) => {
    const detail = waiting.get(run.indexOf.get(step.name) ?? -1);
    if (detail === undefined) return step;
    return { ...step, reuse: { ...step.reuse, reason: { kind: "waiting", detail } } };
  });
  return { ...view, steps };
}

interface Holder {
  readonly run: string;
  readonly pool: string | null;
  readonly demand: Demand;
}

/** Steps that have an attempt now, in this run and in the others. */
async function slotHolders(
  workspace: Workspace,
  run: RecordedRun,
  supply: Supply,
): Promise<readonly Holder[]> {
  const open = await workspace.records.openRuns();
  const others = open.filter(({ name, status }) => status !== "Queued" && name !== run.row.name);
  const holders: Holder[] = [];
  for (const one of [run, ...(await readAll(workspace, others.slice(0, MOST_RUNS)))])
    for (const [index, step] of one.state.steps.entries()) {
      const demand = one.plan.steps[index]?.demand;
      if (liveAttempt(step) === null || demand === undefined) continue;
      const pool = poolIn(supply, one, index);
      holders.push({ run: one.row.name, pool, demand: fitted(demand, capacityIn(supply, pool)) });
    }
  return holders;
}

async function readAll(
  workspace: Workspace,
  rows: readonly { readonly name: string }[],
): Promise<readonly RecordedRun[]> {
  const read = await Promise.all(rows.map(({ name }) => readRun(workspace, name)));
  return read.filter((one): one is RecordedRun => !isRefusal(one));
}

const GIB = 2 ** 30;

const KINDS: readonly [keyof Demand, (amount: number) => number, (amount: number) => string][] = [
  ["cpus", (cpus) => cpus, (cpus) => (cpus === 1 ? "cpu" : "cpus")],
  ["memoryBytes", (bytes) => Math.round((bytes / GIB) * 10) / 10, () => "GiB of memory"],
  ["gpus", (gpus) => gpus, (gpus) => (gpus === 1 ? "gpu" : "gpus")],
];

function poolIn(supply: Supply, { plan }: RecordedRun, index: number): string | null {
  const compute = plan.graph.steps[index]?.compute;
  return compute === undefined ? null : poolOf(supply, compute);
}

function slotWords(
  demand: Demand,
  pool: string | null,
  supply: Supply,
  holders: readonly Holder[],
): string {
  const ofPool = holders.filter((holder) => holder.pool === pool);
  const own = pool === null ? null : heldWords(demand, capacityIn(supply, pool), ofPool);
  if (own !== null) return pool === "*" ? own : `${own} of compute ${pool}`;
  return heldWords(demand, supply.capacity, holders) ?? "waits for its turn";
}

/** Null where there is enough. */
function heldWords(demand: Demand, capacity: Demand, holders: readonly Holder[]): string | null {
  for (const [kind, amount, unit] of KINDS) {
    const holding = holders.filter((holder) => holder.demand[kind] > 0);
    // Short steps are handed out ahead of their slots.
    const all = holding.reduce((sum, holder) => sum + holder.demand[kind], 0);
    const used = Math.min(all, capacity[kind]);
    if (demand[kind] === 0 || demand[kind] <= capacity[kind] - used) continue;
    const runs = [...new Set(holding.map(({ run }) => run))];
    const names = runs.length > 3 ? `${runs.slice(0, 3).join(", ")}, …` : runs.join(", ");
    const have = `${names} ${runs.length === 1 ? "has" : "have"} ${amount(used)} of ${amount(capacity[kind])}`;
    return `waits for ${amount(demand[kind])} ${unit(demand[kind])}: ${have}`;
  }
  return null;
}
