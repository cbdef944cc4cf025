// Warns before a run of outputs whose `name` and `version` are taken already, or by another output of the same run. Knows
// of an output only what is given: a step that will run may make the very same content.

import type { OutputRecord } from "../../core/output.ts";
import { assetKindOf } from "../../spec/asset-kind.ts";
import type { StepNode } from "../../spec/graph.ts";
import { own } from "../../spec/own-keys.ts";
import type { Workspace } from "../workspace.ts";

/** What is to be said of a step. `made`: outputs that are known beforehand, because the step is reused. */
export type VersionClashes = (
  step: StepNode,
  made: Readonly<Record<string, OutputRecord>>,
) => Promise<readonly string[]>;

const WAY_OUT = "write another version, or leave it out to get the next free one";

/** Of one run: to be asked of its steps in order. */
export function versionClashes({ records }: Workspace): VersionClashes {
  const earlier = new Map<string, { readonly output: string; readonly content: string | null }>();
  return async (step, made) => {
    const found: string[] = [];
    for (const [name, { type, registerName, registerVersion }] of Object.entries(step.outputs)) {
      if (registerName === null || registerVersion === null) continue;
      const kind = assetKindOf(type);
      const version = `${kind} ${registerName}:${registerVersion}`;
      const content = own(made, name)?.id ?? null;
      const output = step.path === "." ? name : `${step.path}.${name}`;
      const first = earlier.get(version);
      if (first === undefined) earlier.set(version, { output, content });
      else if (content === null || content !== first.content)
        found.push(
          `output ${first.output} is registered as ${version}, too: unless it has the same content as output ${output}, the later one is not registered and the run ends Failed; ${WAY_OUT}`,
        );
      const taken = await records.asset(kind, registerName, registerVersion, null);
      if (taken === null || taken.contentId === content) continue;
      found.push(
        content === null
          ? `${version} exists: unless output ${output} has the same content, it is not registered and the run ends Failed; ${WAY_OUT}`
          : `${version} exists with other content: output ${output} will not be registered, and the run ends Failed; ${WAY_OUT}`,
      );
    }
    return found;
  };
}
