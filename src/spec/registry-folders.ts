// Reads `registries` of `stepwell.yml`: folders of components by name. Never looks whether they are there.

import { localPath } from "./data-reference.ts";
import { put } from "./own-keys.ts";
import type { Problem } from "./problem.ts";
import { problemAt } from "./problem-at.ts";
import { getMapping, type TreeMapping, textOf } from "./tree.ts";

export function readRegistries(
  root: TreeMapping,
  folder: string,
  problems: Problem[],
): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, { key, value }] of getMapping(root, "registries")?.entries ?? []) {
    const at = textOf(value);
    if (name === "stepwell" || !/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) {
      const [message, hint] =
        name === "stepwell"
          ? ["the registry `stepwell` is the one that ships", "Give yours another name."]
          : [`\`${name}\` is not a name of a registry`, "Use letters, digits, `_`, `-` and `.`."];
      problems.push(problemAt(key, "bad_name", message, hint));
    } else if (at !== null) put(found, name, localPath(at, folder));
  }
  return found;
}
