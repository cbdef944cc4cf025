// Warns of outputs whose copies go into a code folder: each new copy is other code, so the run after it repeats the steps of
// that folder. Knows nothing of what the copies hold.

import path from "node:path";
import type { Contents } from "../ports/contents.ts";
import type { CodeReference, Graph, StepNode, StepOutput } from "../spec/graph.ts";
import type { Problem } from "../spec/problem.ts";

/** How many steps are named. */
const NAMED = 3;

export function copiesInCode(contents: Pick<Contents, "ignored">, { steps }: Graph): Problem[] {
  return steps.flatMap((step) =>
    Object.entries(step.outputs).flatMap(([name, output]) => {
      const place = placeOf(output);
      if (place === null) return [];
      const readers = steps.filter(({ code }) => code !== null && isIn(contents, code, place));
      return readers.length === 0 ? [] : [warning(step, name, place, readers)];
    }),
  );
}

interface Place {
  readonly path: string;
  readonly kind: "file" | "folder";
}

/** Of a path with `${{name}}` in it the folder above, which is the same in each run. */
function placeOf({ publishTo, type }: StepOutput): Place | null {
  if (publishTo?.kind !== "local") return null;
  const [fixed = "", ...more] = publishTo.path.split("${{");
  if (more.length > 0) return { path: path.dirname(`${fixed}-`), kind: "folder" };
  return { path: fixed, kind: type === "uri_file" ? "file" : "folder" };
}

function isIn(contents: Pick<Contents, "ignored">, code: CodeReference, place: Place): boolean {
  const roots = [
    ...(code.path === null ? [] : [{ root: code.path, prefix: "" }]),
    ...code.includes.map((root) => ({ root, prefix: path.basename(root) })),
  ];
  return roots.some(({ root, prefix }) => {
    const inside = path.relative(root, place.path);
    if (inside === ".." || inside.startsWith("../")) return false;
    return contents.ignored(code, path.posix.join(prefix, inside), place.kind) === null;
  });
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
    message: `${where}the copy of output ${output} goes to ${place.path}, which is part of the code of ${names.join(", ")}${more}: each new copy makes the next run repeat what uses that code`,
    hint: "Name it in the .gitignore or .amlignore of the code folder, or let the copy go elsewhere.",
    position: step.position,
  };
}
