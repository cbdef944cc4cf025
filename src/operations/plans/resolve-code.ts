// Snapshots each code folder of a graph once, however many steps share it.

import path from "node:path";
import type { CodeSnapshot } from "../../core/content.ts";
import type { CodeReference } from "../../spec/graph.ts";
import type { Problem } from "../../spec/problem.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { noticeWhenSlow } from "../slow-notice.ts";
import type { Workspace } from "../workspace.ts";
import { missingSubmodules } from "./missing-submodules.ts";
import { pointerInCode } from "./pointers-of-lfs.ts";

export interface CodeResolver {
  /** Index into `snapshots`. */
  resolve(code: CodeReference): Promise<number | Refusal>;
  readonly snapshots: CodeSnapshot[];
  warnings(): readonly Problem[];
}

export function createCodeResolver(workspace: Workspace): CodeResolver {
  const known = new Map<string, number | Refusal>();
  const snapshots: CodeSnapshot[] = [];
  const warnings = new Map<string, Problem>();
  return {
    snapshots,
    warnings: () => [...warnings.values()],
    async resolve(code) {
      const key = JSON.stringify(code);
      let found = known.get(key);
      if (found === undefined) {
        found = await snapshotOnce(workspace, code, snapshots, warnings);
        known.set(key, found);
      }
      return found;
    },
  };
}

const WARNING = { severity: "warning", hint: null, position: null } as const;

async function snapshotOnce(
  workspace: Workspace,
  code: CodeReference,
  snapshots: CodeSnapshot[],
  warnings: Map<string, Problem>,
): Promise<number | Refusal> {
  // What the workspace's own file says of a step counts already, as with the pipeline's.
  const settings = path.join(workspace.home, "stepwell.yml");
  const definitionFiles = [...code.definitionFiles, settings];
  const snapshot = workspace.contents.snapshot({ ...code, definitionFiles });
  const outcome = await noticeWhenSlow(snapshot, () => workspace.notice(slowly(code)));
  if (!outcome.ok)
    return refuse(outcome.failure.code, outcome.failure.message, outcome.failure.hint);
  for (const message of outcome.warnings)
    warnings.set(message, { ...WARNING, code: "large_code_folder", message });
  for (const folder of [code.path ?? [], code.includes].flat())
    for (const message of missingSubmodules(folder))
      warnings.set(message, { ...WARNING, code: "missing_submodule", message });
  const pointer = pointerInCode(code, outcome.value);
  if (pointer !== null)
    warnings.set(pointer, { ...WARNING, code: "lfs_pointer", message: pointer });
  snapshots.push(outcome.value);
  return snapshots.length - 1;
}

function slowly({ path: folder, includes }: CodeReference): string {
  const what = [...(folder === null ? [] : [folder]), ...includes].join(", ");
  return `reading the code ${what}: all of it belongs to the step; data is better an input`;
}
