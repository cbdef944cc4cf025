// Reads `pass_env` of `stepwell.yml`: names of variables that steps inherit, and variables that hold a secret of the workspace.

import { put } from "./own-keys.ts";
import type { Problem } from "./problem.ts";
import { problemAt } from "./problem-at.ts";
import { getSet, getText, type TreeMapping, type TreeNode, textOf } from "./tree.ts";

export interface PassedVariables {
  /** Of both kinds. */
  readonly passEnv: readonly string[];
  /** Name of the secret by that of the variable. */
  readonly passSecrets: Readonly<Record<string, string>>;
}

/** What a shell can read it by. Programs may know other names, which `pass_env` hands over. */
export function isVariableName(text: string): boolean {
  return /^[A-Za-z_]\w*$/.test(text);
}

export const NO_VARIABLE_NAME =
  "not the name of a variable: letters, digits and _, the first no digit (`pass_env` in stepwell.yml hands over other names)";

export function readPassedVariables(root: TreeMapping, problems: Problem[]): PassedVariables {
  const list = getSet(root, "pass_env");
  const passEnv: string[] = [];
  const passSecrets: Record<string, string> = {};
  for (const item of list?.kind === "list" ? list.items : []) {
    const name = textOf(item) ?? getText(item, "name");
    if (name === null) continue;
    const problem = nameProblem(item, name);
    if (problem !== null) problems.push(problem);
    passEnv.push(name);
    const secret = getText(item, "secret");
    if (secret !== null) put(passSecrets, name, secret);
  }
  return { passEnv, passSecrets };
}

/** Null: a variable can have this name, or, as a text of its own, names can begin with what stands before its `*`. */
function nameProblem(item: TreeNode, written: string): Problem | null {
  const isPattern = item.kind === "scalar" && written.endsWith("*");
  const name = isPattern ? written.slice(0, -1) : written;
  const place = getSet(item, "name") ?? item;
  const value = name.indexOf("=");
  if (value !== -1) {
    const message = `\`pass_env\` takes the name of a variable, not its value`;
    const hint = `Write \`${name.slice(0, value)}\` and set it in your shell, or hand it to one run: \`--env ${name.slice(0, value)}=…\`.`;
    // What stands behind the name may be a password.
    return { ...problemAt(place, "wrong_type", message, hint), hidesLine: true };
  }
  if (!name.includes("*") && (isPattern || name.trim() !== "")) return null;
  const message = `\`${written}\` is not the name of a variable`;
  const hint = item.kind === "scalar" ? "Write a name, or its beginning with `*` behind it." : null;
  return problemAt(place, "wrong_type", message, hint);
}
