// When an attempt gets its checkpoint folder, and when that goes. Knows nothing of folders.

import { mustRun } from "../core/step-facts.ts";
import type { CheckpointUse } from "../ports/checkpoints.ts";
import type { CheckpointPolicy } from "../spec/graph.ts";
import type { EngineState } from "./engine-state.ts";
import type { Flight } from "./flight.ts";

/**
 * Path of the attempt's folder, or null for a step without one; tells what it continues from. "fenced": another engine has
 * taken over while the environment was made, and its attempts may be at work there.
 */
export async function openCheckpoint(
  state: EngineState,
  flight: Flight,
): Promise<{ readonly folder: string | null } | "fenced"> {
  if (policyOf(flight) === null) return { folder: null };
  const engine = await state.ports.records.engine();
  if (engine?.epoch !== state.epoch) return "fenced";
  const use = useOf(state, flight);
  const { folder, writtenAt } = state.ports.checkpoints.open(use, startsAnew(flight));
  if (writtenAt !== null) state.post({ kind: "continues", attemptId: flight.attemptId, writtenAt });
  return { folder };
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
    state.ports.checkpoints.close(useOf(state, flight), policy.keep);
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
