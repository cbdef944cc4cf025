// Warns before a run of outputs whose `name` and `version` are taken already. Knows of an output only what is given: a step
// that will run may make the very same content.

import type { OutputRecord } from "../core/output.ts";
import type { StepNode } from "../spec/graph.ts";
import { own } from "../spec/own-keys.ts";
import { assetKindOf } from "./output-settler.ts";
import type { Workspace } from "./workspace.ts";

/** `made`: outputs that are known beforehand, because the step is reused. */
export async function versionClashes(
  { records }: Workspace,
  step: StepNode,
  made: Readonly<Record<string, OutputRecord>>,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [name, { type, registerName, registerVersion }] of Object.entries(step.outputs)) {
    if (registerName === null || registerVersion === null) continue;
    const kind = assetKindOf(type);
    const taken = await records.asset(kind, registerName, registerVersion, null);
    const content = own(made, name)?.id ?? null;
    if (taken === null || taken.contentId === content) continue;
    const output = step.path === "." ? name : `${step.path}.${name}`;
    const exists = `${kind} ${registerName}:${registerVersion} exists`;
    const wayOut = "write another version, or leave it out to get the next free one";
    found.push(
      content === null
        ? `${exists}: unless output ${output} has the same content, it is not registered and the run ends Failed; ${wayOut}`
        : `${exists} with other content: output ${output} will not be registered, and the run ends Failed; ${wayOut}`,
    );
  }
  return found;
}
