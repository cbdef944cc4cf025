// What uv's last words mean for a person: which kind of failure it is and what to do next. Knows uv's messages, not what
// was asked of it.

import type { EnvironmentFailure } from "../ports/environments.ts";
import type { ProgramEnd } from "./run-program.ts";

const FULL = /no space left on device|disk quota exceeded|os error (?:28|122)\b/i;
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /read-only file system|permission denied|not a directory|os error (?:13|20|30)\b/i,
    "Make that a folder that you can write, or name another cache: UV_CACHE_DIR for uv's own, STEPWELL_CACHE_DIR for environments.",
  ],
  [
    /hash mismatch/i,
    "Either the lock was edited by hand (change the definition instead, or `stepwell environment upgrade NAME PACKAGE==VERSION`), or the index gives another file than the one that was locked.",
  ],
  [
    /couldn't parse requirement|^error: (?:un)?expected /im,
    "Write each requirement on a line of its own, without quotes: NAME, NAME==1.2 or NAME>=1,<2. Options of a single package are not read.",
  ],
  [
    /git operation failed/i,
    "Look at what git says: the address, the branch or tag, and whether this machine may read the repository.",
  ],
  [
    /network was disabled|error sending request|failed to fetch|timed out|dns error|HTTP status (?:client|server) error|\b40[13] (?:Unauthorized|Forbidden)/i,
    "The package index was not reached: look at the network, and at pip's and uv's settings (PIP_INDEX_URL, pip.conf, UV_OFFLINE), then run again.",
  ],
];

/** `doing`: what could not be done, as the beginning of the message. `otherwise`: the hint where uv's words say no more. */
export function programFailure(
  { stderr, signal }: Pick<ProgramEnd, "stderr" | "signal">,
  { doing, label, otherwise }: Readonly<Record<"doing" | "label" | "otherwise", string>>,
): EnvironmentFailure {
  // What it had said by then is no reason.
  if (signal !== undefined) return killed(label, signal);
  if (FULL.test(stderr))
    return {
      code: "environment_disk_full",
      message: `The environment ${label} cannot be made: the disk is full.`,
      hint: "Free some space (`stepwell gc` removes unused environments), then resume the run.",
    };
  const hint = HINTS.find(([pattern]) => pattern.test(stderr))?.[1] ?? otherwise;
  return { code: "environment_build_failed", message: `${doing}:\n${shortened(stderr)}`, hint };
}

function killed(label: string, signal: string): EnvironmentFailure {
  return {
    code: "environment_build_failed",
    message: `The environment ${label} cannot be made: uv was killed (${signal}).`,
    hint: "Run again; where nobody killed it, memory ran out or it took longer than an hour.",
  };
}

/** The end of what uv said; it is the part that tells. */
export function shortened(text: string): string {
  return text.trim().split("\n").slice(-15).join("\n");
}
