// Reads an event's text. Outputs are recorded by where they lie; of a workspace whose folder was moved, renamed or copied
// since, they are looked for in the folder that it has now. Knows of files only whether they are there.

import { existsSync } from "node:fs";
import type { RunEvent } from "../../core/event.ts";
import type { OutputRecord } from "../../core/output.ts";

const STORE = "/.stepwell/store/";

/** Where something recorded lies now; `folder` is the `.stepwell` that the records are in. */
export function whereNow(folder: string, recorded: string): string {
  if (recorded.startsWith(`${folder}/`)) return recorded;
  const at = recorded.indexOf(STORE);
  if (at === -1) return recorded;
  const here = `${folder}/${recorded.slice(at + STORE.length - "store/".length)}`;
  return existsSync(here) ? here : recorded;
}

export function readEvent(folder: string, text: string): RunEvent {
  const event = JSON.parse(text) as RunEvent;
  if (event.kind !== "step_completed") return event;
  const { outputs, artifacts } = event.result;
  const records =
    artifacts === null ? Object.values(outputs) : [...Object.values(outputs), artifacts];
  for (const record of records) {
    const here = whereNow(folder, record.path);
    // The object was made a moment ago, and nobody else has it.
    if (here !== record.path)
      (record as { -readonly [K in keyof OutputRecord]: OutputRecord[K] }).path = here;
  }
  return event;
}
