// Warns of outputs whose copies go into a code folder: each new copy is other code, so the run after it repeats the steps of
// that folder. Knows nothing of what the copies hold.

import path from "node:path";
import type { Contents } from "../../ports/contents.ts";
import type { CodeReference, Graph, StepNode, StepOutput } from "../../spec/graph.ts";
import type { Problem } from "../../spec/problem.ts";
import { runSlug } from "../recorded/run-slug.ts";

/** How many steps are named. */
const NAMED = 3;

export function copiesInCode(contents: Pick<Contents, "ignored">, graph: Graph): Problem[] {
  const { steps } = graph;
  const run = `${runSlug(graph.pipeline)}-1`;
  let roots: Roots | null = null;
  return steps.flatMap((step) =>
    Object.entries(step.outputs).flatMap(([name, output]) => {
      const place = placeOf(output, run);
      if (place === null) return [];
      roots ??= rootsOf(steps);
      const readers = readersOf(contents, roots, place);
      return readers.length === 0 ? [] : [warning(step, name, place, readers)];
    }),
  );
}

/** What code is made of: a folder or file of the user's, and where it lies in the code. */
interface Root {
  readonly code: CodeReference;
  readonly prefix: string;
  readonly steps: Set<StepNode>;
}

/** By path. */
type Roots = ReadonlyMap<string, readonly Root[]>;

function rootsOf(steps: readonly StepNode[]): Roots {
  const roots = new Map<string, Root[]>();
  const same = new Map<string, Root>();
  for (const step of steps) {
    const { code } = step;
    if (code === null) continue;
    const parts = code.includes.map((root) => ({ root, prefix: path.basename(root) }));
    if (code.path !== null) parts.push({ root: code.path, prefix: "" });
    for (const { root, prefix } of parts) {
      const key = JSON.stringify([root, prefix, code.path, code.includes]);
      const known = same.get(key);
      if (known !== undefined) known.steps.add(step);
      else {
        const added = { code, prefix, steps: new Set([step]) };
        same.set(key, added);
        roots.set(root, [...(roots.get(root) ?? []), added]);
      }
    }
  }
  return roots;
}

/** The steps whose code a copy at that place is part of. */
function readersOf(
  contents: Pick<Contents, "ignored">,
  roots: Roots,
  place: Place,
): readonly StepNode[] {
  const readers = new Set<StepNode>();
  for (let at = place.path; ; at = path.dirname(at)) {
    for (const { code, prefix, steps } of roots.get(at) ?? []) {
      const inside = path.posix.join(prefix, path.relative(at, place.path));
      if (contents.ignored(code, inside, place.kind) === null)
        for (const step of steps) readers.add(step);
    }
    if (at === path.dirname(at)) return [...readers];
  }
}

interface Place {
  readonly path: string;
  readonly kind: "file" | "folder";
  readonly written: string;
}

/** In a run of that name. */
function placeOf({ publishTo, type }: StepOutput, run: string): Place | null {
  if (publishTo?.kind !== "local") return null;
  const { path: written } = publishTo;
  const kind = type === "uri_file" && !written.endsWith("/") ? "file" : "folder";
  return { path: path.resolve(written.replaceAll(/\$\{\{.*?\}\}/g, run)), kind, written };
}

function warning(
  step: StepNode,
  output: string,
  place: Place,
  readers: readonly StepNode[],
): Problem {
  const where = step.path === "." ? "" : `step ${step.path}: `;
  const names = readers.slice(0, NAMED).map((one) => (one.path === "." ? "this step" : one.path));
  const more = readers.length > NAMED ? ` and ${readers.length - NAMED} more` : "";
  return {
    severity: "warning",
    code: "copy_in_code",
    message: `${where}the copy of output ${output} goes to ${place.written}, which is part of the code of ${names.join(", ")}${more}: each new copy makes the next run repeat what uses that code`,
    hint: "Name it in the .gitignore or .amlignore of the code folder, or let the copy go elsewhere.",
    position: step.position,
  };
}
