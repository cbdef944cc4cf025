// The values of variables that steps are given from the secrets of the workspace. They go the way of values of a shell: into
// the private file of a run, masked in logs, never into the record.

import { put } from "../../spec/own-keys.ts";
import { isRefusal, type Refusal } from "../refusal.ts";
import { readSecret } from "../secrets.ts";
import type { Workspace } from "../workspace.ts";

export async function passedSecrets(
  workspace: Workspace,
): Promise<Readonly<Record<string, string>> | Refusal> {
  const values: Record<string, string> = {};
  for (const [variable, name] of Object.entries(workspace.config.passSecrets)) {
    const value = await readSecret(workspace, name);
    if (isRefusal(value)) return value;
    put(values, variable, value);
  }
  return values;
}
