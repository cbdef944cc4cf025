// When an attempt gets its checkpoint folder, and when that goes: with the result, and when what was saved may come of other
// data than the fingerprint names. Knows nothing of folders.

import type { Plan } from "../core/plan.ts";
import { mustRun } from "../core/step-facts.ts";
import type { CheckpointUse, ReadInPlace } from "../ports/checkpoints.ts";
import type { CheckpointPolicy, StepNode } from "../spec/graph.ts";
import { own } from "../spec/own-keys.ts";
import { readsCopy } from "./copied-inputs.ts";
import type { EngineState } from "./engine-state.ts";
import type { Flight } from "./flight.ts";

/**
 * Path of the attempt's folder, or null for a step without one; tells what it continues from. "fenced": another engine has
 * taken over while the environment was made, and its attempts may be at work there. `readable`: the plan as the attempt reads
 * it.
 */
export async function openCheckpoint(
  state: EngineState,
  flight: Flight,
  readable: Plan,
): Promise<{ readonly folder: string | null } | "fenced"> {
  if (policyOf(flight) === null) return { folder: null };
  const isSound = await isOfOwnData(state, useOf(state, flight));
  const engine = await state.ports.records.engine();
  if (engine?.epoch !== state.epoch) return "fenced";
  const use = useOf(state, flight);
  const isEmptied = startsAnew(flight) || !isSound;
  const reads = readInPlace(flight, readable);
  const { folder, writtenAt } = state.ports.checkpoints.open(use, isEmptied, reads);
  if (writtenAt !== null) state.post({ kind: "continues", attemptId: flight.attemptId, writtenAt });
  return { folder };
}

/** Everything that was saved there came of what the fingerprint names, as far as anybody can tell. */
async function isOfOwnData({ ports }: EngineState, use: CheckpointUse): Promise<boolean> {
  const last = ports.checkpoints.unvouched(use);
  for (const [name, data] of Object.entries(last?.reads ?? {}))
    if ((await ports.contents.inputHeld(last?.attemptId ?? "", name, data)) !== "held") {
      ports.warn(
        `${use.run} ${use.step} begins anew: what its checkpoint was made from was written to meanwhile: ${data.path}`,
      );
      return false;
    }
  return true;
}

/** What lies at places of the user's; copies of the attempt's own are as they were made. */
function readInPlace({ run, step }: Flight, readable: Plan): ReadInPlace {
  const node = run.plan.graph.steps[step] as StepNode;
  const before = run.plan.steps[step]?.data ?? {};
  return Object.fromEntries(
    Object.entries(readable.steps[step]?.data ?? {}).flatMap(
      ([name, { path, content, remote }]) => {
        const input = own(node.inputs, name);
        const isOurs = path !== own(before, name)?.path || input === undefined || readsCopy(input);
        return isOurs || remote?.direct ? [] : [[name, { path, content }]];
      },
    ),
  );
}

/** It did not end well. What it saved is for the next attempt, also when its data is edited after now. */
export function vouchForCheckpoint(state: EngineState, flight: Flight): void {
  if (policyOf(flight) === null) return;
  const { checkpoints, contents, warn } = state.ports;
  const use = useOf(state, flight);
  const last = checkpoints.unvouched(use);
  if (last?.attemptId !== flight.attemptId) return;
  Promise.all(
    Object.entries(last.reads).map(([name, data]) =>
      contents.inputHeld(flight.attemptId, name, data),
    ),
  ).then(
    (held) => held.every((one) => one === "held") && checkpoints.vouch(use),
    (error: unknown) => warn(`${use.run} ${use.step}: ${(error as Error).message}`),
  );
}

/** Those of steps whose results have just been recorded: an engine that was overtaken records none, and touches none. */
export function closeCheckpoints(state: EngineState): void {
  for (const flight of state.spent) closeCheckpoint(state, flight);
  state.spent = [];
}

function closeCheckpoint(state: EngineState, flight: Flight): void {
  const policy = policyOf(flight);
  if (policy === null) return;
  const { run, step } = flight;
  try {
    const isDoubtful = (run.results.get(step)?.writtenInputs ?? []).length > 0;
    state.ports.checkpoints.close(useOf(state, flight), policy.keep && !isDoubtful);
  } catch (error) {
    state.ports.warn(
      `the checkpoint of ${run.row.name} ${run.paths[step]} stays: ${(error as Error).message}`,
    );
  }
}

function policyOf({ run, step }: Flight): CheckpointPolicy | null {
  return run.plan.graph.steps[step]?.checkpoint ?? null;
}

function useOf(state: EngineState, { attemptId, run, step, facts }: Flight): CheckpointUse {
  return {
    fingerprint: facts.fingerprint,
    attemptId,
    run: run.row.name,
    step: run.paths[step] as string,
    goesOn: (other) => state.flights.has(other),
  };
}

/** The first attempt of a forced step that comes to run; the next ones go on from it. */
function startsAnew({ run, step, attemptId }: Flight): boolean {
  if (mustRun(run.plan, step)?.kind !== "forced") return false;
  const attempts = run.state.steps[step]?.attempts ?? [];
  return attempts.every((other) => other.attemptId === attemptId || other.startedAt === null);
}
