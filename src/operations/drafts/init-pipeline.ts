// The text of a pipeline made of scripts, one step each, in the order given: what one writes under a name, a later one
// that takes an argument of that name reads.

import fs from "node:fs";
import path from "node:path";
import { type Refusal, refuse } from "../refusal.ts";
import { describeScripts } from "./describe-scripts.ts";
import { isPython } from "./draft-code.ts";
import { draftFromScript, NEEDED } from "./draft-from-script.ts";
import { portName, takeName } from "./draft-names.ts";
import { pipelineText } from "./pipeline-text.ts";
import type { StepDraft } from "./step-draft.ts";

export interface InitOptions {
  /** Absolute paths. */
  readonly scripts: readonly string[];
  /** Where the pipeline file goes. */
  readonly folder: string;
  readonly shell: Readonly<Record<string, string | undefined>>;
}

export function initPipeline({
  scripts,
  folder,
  shell,
}: InitOptions): { readonly text: string; readonly warnings: readonly string[] } | Refusal {
  const missing = scripts.filter((script) => !isFile(script));
  if (missing.length > 0)
    return refuse(
      "missing_path",
      `there is no script ${missing.join(", ")}`,
      "name scripts that exist, from this folder",
    );
  const twice = scripts.find((script, at) => scripts.indexOf(script) !== at);
  if (twice !== undefined)
    return refuse(
      "wrong_usage",
      `${twice} is named twice`,
      "name each script once; a second step of it: stepwell add NAME -- python SCRIPT …",
    );
  const python = scripts.filter(isPython);
  const described = describeScripts(python, shell);
  const warnings: string[] = [];
  if (described === null)
    warnings.push("there is no python3 here to read the scripts with: their arguments are missing");
  const made = new Map<string, string>();
  const names = new Set<string>();
  const steps: StepDraft[] = [];
  for (const script of scripts) {
    const name = takeName(portName(path.basename(script, path.extname(script))), names);
    const description = described?.[python.indexOf(script)] ?? null;
    if (description?.error)
      warnings.push(`${script} cannot be read as Python: ${description.error}`);
    const step = draftFromScript({ name, script, described: description, folder, made });
    for (const remark of step.remarks.filter((one) => one.startsWith(NEEDED)))
      warnings.push(
        `step ${name} needs what its script has no value for; in pipeline.yml ${remark}`,
      );
    for (const note of description?.notes ?? []) warnings.push(`${path.basename(script)}: ${note}`);
    for (const output of Object.keys(step.outputs)) made.set(output, `${name}.outputs.${output}`);
    steps.push(step);
  }
  return { text: pipelineText(path.basename(folder), steps), warnings };
}

function isFile(at: string): boolean {
  return fs.statSync(at, { throwIfNoEntry: false })?.isFile() ?? false;
}
