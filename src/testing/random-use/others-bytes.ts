// Outputs that came from a shared cache: their bytes come when somebody asks for them, and not at all once no cache is named.

import fs from "node:fs";
import type { RunView } from "../../operations/recorded/run-view.ts";
import { ask, broken, type Session } from "./session.ts";

/** What a run of another workspace made lies under its name and a part of its id. */
const OF_OTHERS = /\/azureml\/[^/]+\.[0-9a-f]{8}\//;

export function isOfOthers(file: string): boolean {
  return OF_OTHERS.test(file);
}

/** Its bytes are not here. */
export function isElsewhere(file: string): boolean {
  return isOfOthers(file) && !fs.existsSync(file);
}

/** Asks for all outputs of a run, as long as there is a cache to ask. */
export async function bring(session: Session, { name, steps }: RunView): Promise<void> {
  if (!session.project.isShared) return;
  for (const step of steps.filter(({ type }) => type !== "pipeline"))
    for (const [output, record] of Object.entries(step.outputs)) {
      if (!isElsewhere(record.path)) continue;
      const words = ["outputs", name, `${step.name}.${output}`];
      const { code, stdout } = await ask(session, ...words);
      if (code !== 0 || isElsewhere(record.path)) broken(`${words.join(" ")}: ${code} ${stdout}`);
    }
}
