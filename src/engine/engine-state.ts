// What all parts of one engine share.

import type { Compute } from "../ports/compute.ts";
import type { CommitBatch, ResultRow, RunUpdate } from "../ports/records.ts";
import type { ActiveRun } from "./active-run.ts";
import type { InFlight, Wanted } from "./decide.ts";
import type { EnginePorts } from "./engine-ports.ts";
import type { Flight, Message } from "./flight.ts";
import type { LookAhead, Slots } from "./slots.ts";
import type { SpaceWait } from "./space-wait.ts";
import type { UnreadableRun } from "./unreadable-run.ts";

export interface EngineState {
  readonly ports: EnginePorts;
  readonly epoch: number;
  readonly compute: Compute;
  readonly runs: Map<string, ActiveRun>;
  /** Runs without an end that this version cannot go on with. */
  readonly unreadable: Map<string, UnreadableRun>;
  /** Ends of such runs, for the next commit. */
  endings: RunUpdate[];
  readonly flights: Map<string, Flight>;
  readonly inFlight: InFlight;
  /** Steps decided to run, by run name and step, until they get a slot. */
  readonly wanted: Map<string, Wanted>;
  readonly slots: Slots;
  readonly lookAhead: LookAhead;
  /** Fingerprints that others were asked for. */
  readonly lookedUp: Set<string>;
  /** Results of this tick that the record does not show yet, by fingerprint. */
  readonly fresh: Map<string, ResultRow>;
  inbox: Message[];
  preImages: CommitBatch["preImages"][number][];
  damaged: CommitBatch["damaged"][number][];
  /** Attempts to stop once the commit that says so is durable. */
  readonly cancels: Set<string>;
  /** The same, without a grace. */
  readonly kills: Set<string>;
  /** Since when events have waited for a commit (monotonic), or null. */
  waitingSince: number | null;
  /** Since when a commit has been recorded that a power cut may undo, or null. */
  fleetingSince: number | null;
  /** Attempts whose steps have their results, until a commit says so. */
  spent: Flight[];
  /** Something captured is not yet synced. */
  unsynced: "nothing" | "mine" | "everyone's";
  readonly space: SpaceWait;
  /** It makes room for another engine, which decides on all that is ready. */
  isLeaving: boolean;
  /** The run with whose end it leaves, or null: nothing of others is begun in the round that ends it. */
  leavesWith: string | null;
  readonly post: (message: Message) => void;
}

/** The key of `EngineState.wanted`. */
export function wantedKey(run: string, step: number): string {
  return `${run}\n${step}`;
}
