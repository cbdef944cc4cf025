// Whether what short steps report may wait a little for more of its kind: each round of the engine costs about as much as
// what it does for one step. Only while the compute has more work in hand than would make the engine hand it any.

import { succeeded } from "../core/failure.ts";
import type { EngineState } from "./engine-state.ts";
import type { Message } from "./flight.ts";
import { aheadOf } from "./grant.ts";

/** True: a round now would start nothing that could not be started a moment later. */
export function mayWait(state: EngineState): boolean {
  if (!state.inbox.every(isOrdinary)) return false;
  const ahead = aheadOf(state);
  const ended = state.inbox.filter(isEnd).length;
  return ahead > 0 && -state.slots.free().cpus - ended > ahead / 2;
}

/** Of a step on its good way: nobody waits for a word of it. */
function isOrdinary(message: Message): boolean {
  if (message.kind === "captured") return message.outcome.ok;
  if (message.kind !== "compute") return false;
  return message.report.kind === "started" || isEnd(message);
}

function isEnd(message: Message): boolean {
  if (message.kind !== "compute" || message.report.kind !== "ended") return false;
  return succeeded(message.report.end);
}
