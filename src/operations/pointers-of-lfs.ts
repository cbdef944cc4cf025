// Inputs that are not data but what git LFS leaves in their place: a step would read a hundred bytes of text. Warned of once
// for each place; where nobody may have fetched them, nothing is looked through.

import path from "node:path";
import type { PlannedStep, ResolvedData } from "../core/plan.ts";
import { shellWord } from "../core/shell-word.ts";
import { textOrNull } from "../ports/read-file.ts";
import type { Graph, StepNode } from "../spec/graph.ts";
import type { Problem } from "../spec/problem.ts";
import type { FieldPlaces } from "./field-places.ts";
import type { Workspace } from "./workspace.ts";

const POINTER = "version https://git-lfs.github.com/spec/";
/** No pointer is longer. */
const LONGEST = 1024;
/** So many small files of a folder are opened: where LFS was forgotten, it was for all of them. */
const OPENED = 50;

export async function pointersOfLfs(
  { contents }: Pick<Workspace, "contents">,
  { steps }: Pick<Graph, "steps">,
  planned: readonly PlannedStep[],
  places: FieldPlaces,
): Promise<readonly Problem[]> {
  const looked = new Set<string>();
  const problems: Problem[] = [];
  for (const [index, { data }] of planned.entries())
    for (const [name, input] of Object.entries(data)) {
      if (input.remote !== undefined || looked.has(input.path)) continue;
      looked.add(input.path);
      const found = await pointerIn(contents, input);
      if (found === null) continue;
      problems.push(warning(steps[index] as StepNode, name, found, places));
    }
  return problems;
}

async function pointerIn(
  contents: Workspace["contents"],
  { path: at, content }: ResolvedData,
): Promise<string | null> {
  if (content.kind === "file") return isPointer(at, content.sizeBytes) ? at : null;
  if (!isOfLfs(at)) return null;
  const { entries = [] } = (await contents.manifest(content.id)) ?? {};
  const small = entries.flatMap((entry) =>
    entry.type === "file" && entry.size <= LONGEST ? [path.join(at, entry.path)] : [],
  );
  return small.slice(0, OPENED).find((file) => isPointer(file, 1)) ?? null;
}

function isPointer(file: string, size: number): boolean {
  return size <= LONGEST && textOrNull(file)?.startsWith(POINTER) === true;
}

/** Its repository, or that of which it is a copy, keeps files in LFS. */
function isOfLfs(folder: string): boolean {
  for (let at = folder; ; at = path.dirname(at)) {
    if (textOrNull(path.join(at, ".gitattributes"))?.includes("filter=lfs")) return true;
    if (at === path.dirname(at)) return false;
  }
}

function warning(step: StepNode, name: string, file: string, places: FieldPlaces): Problem {
  const where = step.path === "." ? "" : `step ${step.path}: `;
  const message = `${where}input ${name}: ${file} is a pointer of git LFS and not the data: that was not fetched`;
  const hint = `Fetch it: git -C ${shellWord(path.dirname(file))} lfs pull`;
  const position = places.of(step, ["inputs", name], message) ?? step.position;
  return { severity: "warning", code: "lfs_pointer", message, hint, position };
}
