// Reads `pass_env` of `stepwell.yml`: names of variables that steps inherit, and variables that hold a secret of the workspace.

import { put } from "./own-keys.ts";
import { getSet, getText, type TreeMapping, textOf } from "./tree.ts";

export interface PassedVariables {
  /** Of both kinds. */
  readonly passEnv: readonly string[];
  /** Name of the secret by that of the variable. */
  readonly passSecrets: Readonly<Record<string, string>>;
}

export function readPassedVariables(root: TreeMapping): PassedVariables {
  const list = getSet(root, "pass_env");
  const passEnv: string[] = [];
  const passSecrets: Record<string, string> = {};
  for (const item of list?.kind === "list" ? list.items : []) {
    const name = textOf(item) ?? getText(item, "name");
    if (name === null) continue;
    passEnv.push(name);
    const secret = getText(item, "secret");
    if (secret !== null) put(passSecrets, name, secret);
  }
  return { passEnv, passSecrets };
}
