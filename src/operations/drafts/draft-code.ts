// Which code and environment a step gets that runs a script: the script's folder, or where other things lie in that
// folder too, the script with what it imports. Looks at the disk; changes nothing.

import fs from "node:fs";
import path from "node:path";
import type { ScriptDescription } from "./describe-scripts.ts";
import { flowText } from "./step-draft.ts";

export interface DraftCode {
  readonly code: string;
  readonly includes: readonly string[];
  /** The script as the command names it. */
  readonly script: string;
}

/**
 * `folder` holds the pipeline file. `described` is null where nobody could say what the script imports; `data` are the
 * absolute paths of its inputs: in a code folder they would count as code.
 */
export function codeFor(
  script: string,
  folder: string,
  described: ScriptDescription | null,
  data: readonly string[],
): DraftCode {
  const own = path.dirname(script);
  const name = path.basename(script);
  const shared = own === folder || data.some((at) => isInside(at, own));
  if (!shared || (isPython(script) && described === null))
    return { code: relativeTo(folder, own), includes: [], script: name };
  const includes = described?.imports ?? [];
  return {
    code: relativeTo(folder, script),
    includes: includes.map((one) => relativeTo(folder, path.join(own, one))),
    script: name,
  };
}

export function isPython(script: string): boolean {
  return script.endsWith(".py");
}

/** `./x` as it stands in a file of `folder`. */
export function relativeTo(folder: string, at: string): string {
  const relative = path.relative(folder, at);
  if (relative === "") return ".";
  return relative.startsWith("..") ? relative : `./${relative}`;
}

/** `{requirements: …}` of the nearest file that says what Python packages there are; null where none does. */
export function environmentFor(script: string, folder: string): string | null {
  for (const place of [path.dirname(script), folder]) {
    const requirements = path.join(place, "requirements.txt");
    if (fs.existsSync(requirements))
      return `{requirements: ${flowText(relativeTo(folder, requirements))}}`;
    if (fs.existsSync(path.join(place, "uv.lock")))
      return `{project: ${flowText(relativeTo(folder, place))}}`;
  }
  return null;
}

function isInside(at: string, folder: string): boolean {
  const relative = path.relative(folder, at);
  return !relative.startsWith("..") && !path.isAbsolute(relative);
}
