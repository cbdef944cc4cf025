// What an attempt that makes no result had logged until then: shown with the step, and never taken for a result.

import type { LoggedValues } from "../core/output.ts";
import type { EnginePorts } from "./engine-ports.ts";
import type { Flight } from "./flight.ts";

/** As part of an event: nothing where nothing was logged. */
export interface Logged {
  readonly logged?: LoggedValues;
}

export function loggedBy(ports: EnginePorts, { run, attemptId, heirTo }: Flight): Logged {
  try {
    const runs = [run.row.name, ...heirTo];
    const logged = ports.stepTypes.logged(ports.attemptFolders(attemptId), runs);
    const isEmpty = [logged.metrics, logged.loggedParameters].every(
      (values) => Object.keys(values).length === 0,
    );
    return isEmpty ? {} : { logged };
  } catch (error) {
    // What is only said about a failure must not become one.
    ports.warn(`what attempt ${attemptId} logged cannot be read: ${(error as Error).message}`);
    return {};
  }
}
