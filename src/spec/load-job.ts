// The one door to job files: reads a file with everything that it names, checks all of it, and gives the flattened
// graph. Starts nothing and touches no file but through the reader.

import type { Graph } from "./graph.ts";
import { commandGraph } from "./job/command-graph.ts";
import { jobKind } from "./job/job-kind.ts";
import { LoadContext, type LoadOptions } from "./job/load-context.ts";
import { scriptHint } from "./job/other-file.ts";
import { pipelineGraph } from "./job/pipeline-graph.ts";
import { applySets } from "./job/set-field.ts";
import type { Problem } from "./problem.ts";

export type { LoadOptions };

export interface LoadedJob {
  /** Null when any problem is an error. */
  readonly graph: Graph | null;
  /** Errors first, then warnings, each in the order of files, lines and columns. */
  readonly problems: readonly Problem[];
  /** Absolute path of every file that was read or looked for: with their contents, the key of a cache. */
  readonly files: readonly string[];
  /** What stood at each path whose kind has shaped the graph: the rest of that key. */
  readonly kinds: ReadonlyMap<string, "file" | "folder" | null>;
}

/** Reads, checks and flattens a job. Reports every mistake at once; never throws for what a user wrote. */
export function loadJob(options: LoadOptions): LoadedJob {
  const loaded = loadJobLeniently(options);
  const valid = !loaded.problems.some((one) => one.severity === "error");
  return valid ? loaded : { ...loaded, graph: null };
}

/** As {@link loadJob}, but with the graph as far as it can be made although there are errors. */
export function loadJobLeniently(options: LoadOptions): LoadedJob {
  const context = new LoadContext(options);
  const script = scriptHint(options.file);
  if (script !== null) {
    const message = `\`${options.file}\` is a script, not a job`;
    context.error(null, "unknown_kind", message, script);
  }
  const read = script === null ? context.readFile(options.file, null) : null;
  const graph = read === null ? null : graphOf(context, read);
  const problems = sorted(context.problems, options.file);
  return { graph, problems, files: context.files, kinds: context.kinds };
}

function graphOf(
  context: LoadContext,
  read: NonNullable<ReturnType<LoadContext["readFile"]>>,
): Graph | null {
  const tree = applySets(read, context);
  const kind = jobKind(tree, context);
  if (kind === null) return null;
  return kind === "pipeline" ? pipelineGraph(tree, context) : commandGraph(tree, kind, context);
}

function sorted(problems: readonly Problem[], first: string): readonly Problem[] {
  const rank = (one: Problem) => (one.severity === "error" ? 0 : 1);
  const file = (one: Problem) => (one.position?.file === first ? "" : (one.position?.file ?? ""));
  return [...problems].sort(
    (left, right) =>
      rank(left) - rank(right) ||
      (file(left) < file(right) ? -1 : file(left) > file(right) ? 1 : 0) ||
      (left.position?.line ?? 0) - (right.position?.line ?? 0) ||
      (left.position?.column ?? 0) - (right.position?.column ?? 0),
  );
}
