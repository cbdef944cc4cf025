// What a recorded run was handed by name, as this shell and the workspace's secrets have it now: values are never recorded.

import type { Plan } from "../../core/plan.ts";
import { matchesPattern, passedVariables } from "../../steps/inherited-variables.ts";
import { isRefusal, type Refusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { passedSecrets } from "./passed-secrets.ts";

export async function handedVariables(
  workspace: Workspace,
  { options: { passEnv } }: Plan,
): Promise<Readonly<Record<string, string>> | Refusal> {
  const secrets = await passedSecrets(workspace);
  if (isRefusal(secrets)) return secrets;
  const ofRun = Object.entries(secrets).filter(([name]) =>
    passEnv.some((pattern) => matchesPattern(name, pattern)),
  );
  return { ...passedVariables(workspace.shell, passEnv), ...Object.fromEntries(ofRun) };
}

/** A run that asks for this name, or names that begin so, is handed a variable of this shell or a secret of the workspace. */
export function isHandedOver(
  { config, shell }: Pick<Workspace, "config" | "shell">,
  pattern: string,
): boolean {
  const names = [...Object.keys(shell), ...Object.keys(config.passSecrets)];
  return names.some((name) => matchesPattern(name, pattern));
}

/** Names given by `--env` that this shell does not have. Those of `pass_env` may be missing: no run needs them all. */
export function missingVariables(
  { config, shell }: Pick<Workspace, "config" | "shell">,
  { options: { passEnv } }: Plan,
): readonly string[] {
  const isOfWorkspace = (name: string): boolean =>
    config.passEnv.some((pattern) => matchesPattern(name, pattern));
  return passEnv.filter(
    (name) => !name.endsWith("*") && shell[name] === undefined && !isOfWorkspace(name),
  );
}
