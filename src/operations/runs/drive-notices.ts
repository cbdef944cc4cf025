// What a command says while the run that it sees through seems to stand still: another process that is stopped, a disk that
// is full, outputs of others that it must not leave half recorded. Each is said once.

import { LEASE_MS } from "../../core/engine-lease.ts";
import type { EngineState } from "../../engine/engine-state.ts";
import { isFinishing } from "../../engine/leave.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EngineRow } from "../../ports/records.ts";
import type { Place, Room } from "../../ports/space.ts";
import type { Workspace } from "../workspace.ts";

/** An engine that is there says so every other second. */
const STILL_MS = 6_000;

/** Says once of an engine that it stands still: whoever waits for it sees nothing happen. */
export function createStillnessNotice(
  clock: Clock,
  say: (line: string) => void,
): { readonly look: (engine: EngineRow) => void } {
  let told = 0;
  return {
    look({ process: { pid }, heartbeat }) {
      const isStill = clock.now() - heartbeat > STILL_MS;
      if (isStill && told !== pid)
        say(
          `process ${pid}, which runs the steps of this workspace, stands still (Ctrl-Z?): after ${LEASE_MS / 1000} s this one goes on in its place`,
        );
      told = isStill ? pid : 0;
    },
  };
}

export interface SpaceNotices {
  /** Where space is waited for now, or null; says so when that changes. */
  tell(place: Place | null): void;
}

export function createSpaceNotices(
  workspace: Pick<Workspace, "space">,
  say: (line: string) => void,
): SpaceNotices {
  let told: Place | null = null;
  return {
    tell(place) {
      if (place === told) return;
      told = place;
      if (place === null) say("space is back, going on");
      else say(waitingLine(workspace.space.look(place)));
    },
  };
}

/** Above this it is not files that are wanting. */
const FEW_FILES = 1000;

function waitingLine({ folder, freeBytes, freeFiles }: Room): string {
  const megabytes = Math.floor(freeBytes / 2 ** 20);
  const files = freeFiles === null || freeFiles > FEW_FILES ? "" : ` and ${freeFiles} files`;
  return `waiting for disk space in ${folder}: ${megabytes} MB${files} free; free some, the run goes on by itself`;
}

/** So long after its own run has ended a command is expected to be over. */
const FAREWELL_MS = 3_000;

/** Says once why a command whose run has ended is still there. */
export function createFarewellNotice(
  clock: Clock,
  say: (line: string) => void,
): { readonly look: (engine: Pick<EngineState, "flights">) => void } {
  let since: number | null = null;
  let isTold = false;
  return {
    look({ flights }) {
      since ??= clock.monotonic();
      if (isTold || clock.monotonic() - since < FAREWELL_MS) return;
      const steps = [...flights.values()]
        .filter(isFinishing)
        .map(({ run, step }) => `${run.row.name}/${run.paths[step]}`);
      if (steps.length === 0) return;
      isTold = true;
      say(
        `this run has ended; this process still records the outputs of ${steps.join(", ")}, for which other runs wait`,
      );
    },
  };
}
