// Says why an environment could not be made, from what uv said: which package, and what to do about it. Knows no place.

import type { EnvironmentFailure } from "../ports/environments.ts";
import { programFailure } from "./program-failure.ts";
import type { ProgramEnd } from "./run-program.ts";

/** Null: it was made. */
export function buildFailure(
  { label, pythonVersion }: { readonly label: string; readonly pythonVersion: string },
  end: Omit<ProgramEnd, "stdout">,
): EnvironmentFailure | null {
  if (end.exitCode === 0) return null;
  const [, name = null, version = ""] = UNBUILT.exec(end.stderr) ?? [];
  const which = name === null ? "" : `: no ${`${name} ${version}`.trim()}`;
  return programFailure(end, {
    doing: `The environment ${label} cannot be made with Python ${pythonVersion}${which}`,
    label,
    otherwise: name === null ? LOOK : unbuiltHint(label, name, pythonVersion),
  });
}

/** uv names the package first, and its compiler's last words may be hundreds of lines below. */
const UNBUILT = /Failed to (?:download and )?build `?([\w.-]+?)(?:==([\w.!+-]+))?[`\s]/;

const LOOK =
  "Look at the package that uv names: another version of it, or another Python (`python` of the environment), may help.";

function unbuiltHint(label: string, name: string, python: string): string {
  const key = JSON.stringify(label);
  return `There is nothing ready-made of it for Python ${python}, and its source cannot be built here. Ask for a newer ${name}, or install an older Python. What a curated name stands for, stepwell.yml says: environments: {${key}: {packages: ["${name}", …]}}, or another name: {${key}: sklearn-1.5}.`;
}
