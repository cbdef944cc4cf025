// Checks a file that is no job but another thing with a file of its own: a component, data, an environment or a model.
// Registers nothing.

import { otherFile } from "../../spec/job/other-file.ts";
import { SPEC_LIMITS } from "../../spec/limits.ts";
import { loadAsset } from "../../spec/load-asset.ts";
import type { Problem } from "../../spec/problem.ts";
import { readMapping } from "../../spec/read-tree.ts";
import { fileReader } from "../definitions/load-definition.ts";
import type { Workspace } from "../workspace.ts";
import { checkComponent } from "./freeze-component.ts";

export interface CheckedAsset {
  readonly what: string;
  readonly problems: readonly Problem[];
}

/** `found`: what it is as a job. Null: it is one, or nothing that is known. */
export async function checkAssetFile(
  workspace: Workspace,
  file: string,
  found: readonly Problem[],
): Promise<CheckedAsset | null> {
  const is = (code: string): boolean =>
    found.some((one) => one.code === code && one.position?.file === file);
  if (is("component_not_job"))
    return { what: "component", problems: await checkComponent(workspace, file) };
  const reader = fileReader();
  const read = is("unknown_kind") ? reader.readText(file) : null;
  if (read?.ok !== true) return null;
  const { root } = readMapping(read.text, file, { ...SPEC_LIMITS, ...workspace.config.limits });
  const kind = root === null ? undefined : otherFile(root, file)?.asset;
  return kind === undefined
    ? null
    : { what: kind, problems: loadAsset(kind, file, reader).problems };
}
