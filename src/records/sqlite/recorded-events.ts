// Reads an event's text. Outputs are recorded by where they lie; of a workspace whose folder was moved, renamed or copied
// since, they are looked for in the folder that it has now. Knows no files.

import { isEvent, type RunEvent } from "../../core/event.ts";
import type { OutputRecord } from "../../core/output.ts";

const STORE = "/.stepwell/store/";

/**
 * Where something recorded lies now, or lay before it was deleted: never in the folder that this one is a copy of.
 * `folder` is the `.stepwell` that the records are in.
 */
export function whereNow(folder: string, recorded: string): string {
  if (recorded.startsWith(`${folder}/`)) return recorded;
  const at = recorded.indexOf(STORE);
  if (at === -1) return recorded;
  return `${folder}/${recorded.slice(at + STORE.length - "store/".length)}`;
}

/** Null: it was altered, or a newer version wrote it. */
export function readEvent(folder: string, text: string): RunEvent | null {
  try {
    const event: unknown = JSON.parse(text);
    return isEvent(event) ? asItLies(folder, event) : null;
  } catch {
    return null;
  }
}

/** The same event, which was made a moment ago and nobody else has, with the places of now. */
export function asItLies<Event extends RunEvent>(folder: string, event: Event): Event {
  if (event.kind !== "step_completed") return event;
  const { outputs, artifacts } = event.result;
  for (const name in outputs) settle(folder, outputs[name] as OutputRecord);
  if (artifacts !== null) settle(folder, artifacts);
  return event;
}

function settle(folder: string, record: OutputRecord): void {
  const here = whereNow(folder, record.path);
  if (here !== record.path)
    (record as { -readonly [K in keyof OutputRecord]: OutputRecord[K] }).path = here;
}
