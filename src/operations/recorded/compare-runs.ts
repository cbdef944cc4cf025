// Compares any number of runs: only what is not the same in all of them, one column a run.

import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { readRun } from "./read-run.ts";
import { type Fact, rowFacts, stepFacts } from "./run-facts.ts";

export interface Comparison {
  readonly schema: 1;
  readonly runs: readonly string[];
  readonly differences: readonly {
    readonly name: string;
    /** One for each run; null: it does not have this. */
    readonly values: readonly Fact[];
  }[];
}

/** Of what the list of runs knows, what says something about the work. */
const TOLD = ["status", "experiment", "took"];

export async function compareRuns(
  workspace: Workspace,
  names: readonly string[],
): Promise<Comparison | Refusal> {
  if (new Set(names).size < 2)
    return refuse("wrong_usage", "there is nothing to compare", "name two runs or more");
  const all: ReadonlyMap<string, Fact>[] = [];
  for (const name of names) {
    const run = await readRun(workspace, name);
    if (isRefusal(run)) return run;
    const row = rowFacts(run.row, run.status);
    const told = [...row].filter(([fact]) => fact.startsWith("tag.") || TOLD.includes(fact));
    all.push(new Map([...told, ...stepFacts(run)]));
  }
  const keys = [...new Set(all.flatMap((facts) => [...facts.keys()]))];
  const differences = keys
    .map((name) => ({ name, values: all.map((facts) => facts.get(name) ?? null) }))
    .filter(({ values }) => values.some((value) => !Object.is(value, values[0])));
  return { schema: 1, runs: names, differences: withoutEchoes(differences).sort(byKind) };
}

/** An input of the pipeline that a step hands on differs once, not twice. */
function withoutEchoes(all: Comparison["differences"]): Comparison["differences"][number][] {
  const given = new Set(
    all
      .filter(({ name }) => name.startsWith("inputs."))
      .map(({ values }) => JSON.stringify(values)),
  );
  return all.filter(
    ({ name, values }) => !/.\.inputs\./.test(name) || !given.has(JSON.stringify(values)),
  );
}

/** What was given, then what ran, then what came out. */
function byKind(a: { readonly name: string }, b: { readonly name: string }): number {
  return rank(a.name) - rank(b.name);
}

function rank(name: string): number {
  if (name === "status") return 0;
  if (/(?:^|\.)inputs\./.test(name)) return 1;
  if (/(?:^|\.)(?:code|environment|command)$/.test(name)) return 2;
  return name === "took" || name === "experiment" || name.startsWith("tag.") ? 4 : 3;
}
