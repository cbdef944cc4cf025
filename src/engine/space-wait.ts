// What the engine does on a full disk: it starts nothing new, keeps what could not be written, and tries it again when
// there is room. The one place that knows of waiting for space; whoever meets a full disk calls `hold` or `waitForSpace`.

import type { CommitBatch } from "../ports/records.ts";
import type { Place, Room } from "../ports/space.ts";
import type { EngineState } from "./engine-state.ts";
import type { Flight } from "./flight.ts";

interface Held {
  readonly again: () => void;
  /** A run that was cancelled is not kept waiting for it. */
  readonly yieldsToCancel: boolean;
}

export interface SpaceWait {
  /** The disk that is full, or null while there is room. */
  place: Place | null;
  /** When it was looked at last (monotonic). */
  lookedAt: number;
  /** So much must be free before anything is tried again: doubled each time that it was not enough. */
  neededBytes: number;
  /** What is to be done again, by attempt. */
  readonly held: Map<string, Held>;
  /** Decided but not recorded: nothing of it has happened yet. */
  unsaved: { readonly batch: CommitBatch; readonly launches: readonly Flight[] } | null;
}

const LOOK_MS = 1000;
const FIRST_BYTES = 1 << 20;
const MOST_BYTES = 1 << 26;

export function noSpaceWait(): SpaceWait {
  return {
    place: null,
    lookedAt: 0,
    neededBytes: FIRST_BYTES / 2,
    held: new Map(),
    unsaved: null,
  };
}

/** Codes of failures that go away when there is room. */
const FULL: Readonly<Record<string, Place>> = {
  disk_full: "workspace",
  environment_disk_full: "environments",
};

export function waitForSpace(state: EngineState, place: Place): void {
  const { space } = state;
  space.lookedAt = state.ports.clock.monotonic();
  if (space.place !== null) return;
  space.place = place;
  space.neededBytes = Math.min(MOST_BYTES, space.neededBytes * 2);
}

/** False: the failure is not one of space, and counts. Else `again` is called when there is room. */
export function hold(state: EngineState, flight: Flight, code: string, again: () => void): boolean {
  const place = FULL[code];
  if (place === undefined || flight.run.state.cancelRequested) return false;
  state.space.held.set(flight.attemptId, { again, yieldsToCancel: true });
  waitForSpace(state, place);
  return true;
}

/** The same for what must be done even when the run is cancelled. */
export function insist(state: EngineState, flight: Flight, again: () => void): void {
  state.space.held.set(flight.attemptId, { again, yieldsToCancel: false });
  waitForSpace(state, "workspace");
}

/** Now and then looks whether there is room again, and sets going what was held. True: it is time to try again. */
export async function lookForSpace(state: EngineState): Promise<boolean> {
  const { space, ports } = state;
  for (const [attemptId, { yieldsToCancel }] of [...space.held])
    if (yieldsToCancel && state.flights.get(attemptId)?.run.state.cancelRequested !== false)
      release(space, attemptId);
  if (space.place === null) return true;
  const now = ports.clock.monotonic();
  if (now - space.lookedAt < LOOK_MS) return false;
  space.lookedAt = now;
  if (!(await ports.space.hasRoom(space.place, space.neededBytes))) return false;
  space.place = null;
  for (const attemptId of [...space.held.keys()]) release(space, attemptId);
  return true;
}

function release(space: SpaceWait, attemptId: string): void {
  const held = space.held.get(attemptId);
  space.held.delete(attemptId);
  held?.again();
}

/** Less than this and a command that fails has most likely failed for want of it. */
const SCARCE_BYTES = 1 << 20;

/** What to tell of a command that failed while the disk was full, or null. */
export function scarcityOf(room: Room): string | null {
  if (room.freeBytes >= SCARCE_BYTES && room.freeFiles !== 0) return null;
  const what = room.freeFiles === 0 ? "no file can be made" : "no space is left";
  return `${what} on the disk of ${room.folder}: free some, then run it again`;
}
