// Inputs and files of code that are not what they are called but what git LFS leaves in their place: a step would read a
// hundred bytes of text. Warned of once for each place; where nobody may have fetched them, nothing is looked through.

import fs from "node:fs";
import path from "node:path";
import type { CodeSnapshot } from "../../core/content.ts";
import type { PlannedStep, ResolvedData } from "../../core/plan.ts";
import { shellWord } from "../../core/shell-word.ts";
import { textOrNull } from "../../ports/read-file.ts";
import type { CodeReference, Graph, StepNode } from "../../spec/graph.ts";
import type { Problem } from "../../spec/problem.ts";
import type { FieldPlaces } from "../definitions/field-places.ts";
import type { Workspace } from "../workspace.ts";
import { ownPath } from "./own-path.ts";

const POINTER = "version https://git-lfs.github.com/spec/";
/** Pointers have about 130 bytes: other files need not be opened. */
const SHORTEST = 100;
const LONGEST = 200;
/** So many small files of a folder are opened: where LFS was forgotten, it was for all of them. */
const OPENED = 50;

export async function pointersOfLfs(
  { contents }: Pick<Workspace, "contents">,
  { steps }: Pick<Graph, "steps">,
  planned: readonly PlannedStep[],
  places: FieldPlaces,
): Promise<readonly Problem[]> {
  const looked = new Set<string>();
  const isOfLfs = attributesAbove();
  const problems: Problem[] = [];
  for (const [index, { data }] of planned.entries())
    for (const [name, input] of Object.entries(data)) {
      if (input.remote !== undefined || looked.has(input.path)) continue;
      looked.add(input.path);
      const found = await pointerIn(contents, input, isOfLfs);
      if (found === null) continue;
      problems.push(warning(steps[index] as StepNode, name, found, places));
    }
  return problems;
}

/** What is to be said of the code, of a folder of this place; of its own files and of those that are included. */
export function pointerInCode(
  code: CodeReference,
  { parts }: Pick<CodeSnapshot, "parts">,
): string | null {
  const roots = [code.path ?? [], code.includes].flat();
  const isOfLfs = attributesAbove();
  if (!roots.some(isOfLfs)) return null;
  const small = Object.keys(parts).flatMap((inside) => {
    const file = ownPath(code, inside);
    const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    return hasSize(size) ? [file] : [];
  });
  const found = small.slice(0, OPENED).find(isPointer);
  if (found === undefined) return null;
  return `${found} is a pointer of git LFS and not the file, which was not fetched and belongs to the code: ${fetching(found)}`;
}

async function pointerIn(
  contents: Workspace["contents"],
  { path: at, content }: ResolvedData,
  isOfLfs: (folder: string) => boolean,
): Promise<string | null> {
  if (content.kind === "file") return hasSize(content.sizeBytes) && isPointer(at) ? at : null;
  if (!isOfLfs(at)) return null;
  const { entries = [] } = (await contents.manifest(content.id)) ?? {};
  const small = entries.flatMap((entry) =>
    entry.type === "file" && hasSize(entry.size) ? [path.join(at, entry.path)] : [],
  );
  return small.slice(0, OPENED).find(isPointer) ?? null;
}

function hasSize(bytes: number): boolean {
  return bytes >= SHORTEST && bytes <= LONGEST;
}

function isPointer(file: string): boolean {
  return textOrNull(file)?.startsWith(POINTER) === true;
}

/** Whether the repository of a folder, or that of which it is a copy, keeps files in LFS; each folder is looked at once. */
function attributesAbove(): (folder: string) => boolean {
  const known = new Map<string, boolean>();
  const isOfLfs = (folder: string): boolean => {
    const found =
      known.get(folder) ??
      (textOrNull(path.join(folder, ".gitattributes"))?.includes("filter=lfs") === true ||
        (folder !== path.dirname(folder) && isOfLfs(path.dirname(folder))));
    known.set(folder, found);
    return found;
  };
  return isOfLfs;
}

function fetching(file: string): string {
  return `git -C ${shellWord(path.dirname(file))} lfs pull`;
}

function warning(step: StepNode, name: string, file: string, places: FieldPlaces): Problem {
  const where = step.path === "." ? "" : `step ${step.path}: `;
  const message = `${where}input ${name}: ${file} is a pointer of git LFS and not the data: that was not fetched`;
  const hint = `Fetch it: ${fetching(file)}`;
  const position = places.of(step, ["inputs", name], message) ?? step.position;
  return { severity: "warning", code: "lfs_pointer", message, hint, position };
}
