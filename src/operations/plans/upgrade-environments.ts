// Resolves the locks of a pipeline's environments anew: what changes, and which steps would run with it. The new locks lie
// in a folder of their own until everything is known; only then, and only when asked to, they replace the old ones.

import fs from "node:fs";
import path from "node:path";
import type { LockUpgrade, WantedPackage } from "../../ports/environments.ts";
import { makeTemporary } from "../../ports/own-temporary.ts";
import type { Graph } from "../../spec/graph.ts";
import { type DefinitionOptions, loadDefinition } from "../definitions/load-definition.ts";
import { isRefusal, type Refusal, refuse, refuseInvalid } from "../refusal.ts";
import { places, type Workspace } from "../workspace.ts";
import { pipelineLocks } from "./pipeline-locks.ts";
import { forecastRun, type StepForecast } from "./plan-run.ts";
import { preparePlan } from "./prepare-plan.ts";

export interface UpgradeOptions {
  /** Null: every environment of the pipeline. */
  readonly name: string | null;
  /** Null: every package. */
  readonly wanted: WantedPackage | null;
  readonly dryRun: boolean;
}

export interface UpgradedEnvironment {
  readonly name: string;
  readonly lock: string;
  /** Null before or after: it was not, or is no longer, in the lock. */
  readonly packages: readonly {
    readonly name: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
}

export interface UpgradeReport {
  readonly schema: 1;
  readonly dryRun: boolean;
  readonly environments: readonly UpgradedEnvironment[];
  /** Steps that run, or may run, the next time. */
  readonly steps: readonly Pick<StepForecast, "name" | "decision" | "reason">[];
}

export async function upgradeEnvironments(
  workspace: Workspace,
  definition: DefinitionOptions,
  options: UpgradeOptions,
): Promise<UpgradeReport | Refusal> {
  const { graph, problems } = await loadDefinition(workspace, definition);
  if (graph === null) return refuseInvalid(problems);
  const upgrades = await resolveAnew(workspace, graph, options);
  if (isRefusal(upgrades)) return upgrades;
  const locks = upgrades[0] === undefined ? null : path.dirname(upgrades[0].file);
  const steps = await stepsToRun(workspace, graph, upgrades, locks);
  if (isRefusal(steps)) return steps;
  if (!options.dryRun && locks !== null) for (const upgrade of upgrades) upgrade.write(locks);
  const environments = upgrades.map(({ label, file, before, after }) => {
    const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after)])].sort();
    const packages = names
      .map((name) => ({ name, before: before?.[name] ?? null, after: after[name] ?? null }))
      .filter((one) => one.before !== one.after);
    return { name: label, lock: file, packages };
  });
  return { schema: 1, dryRun: options.dryRun, environments, steps };
}

async function resolveAnew(
  workspace: Workspace,
  graph: Graph,
  { name, wanted }: UpgradeOptions,
): Promise<readonly LockUpgrade[] | Refusal> {
  const locks = await pipelineLocks(workspace, graph, name);
  if (isRefusal(locks)) return locks;
  const upgrades: LockUpgrade[] = [];
  for (const { reference } of locks) {
    const upgraded = await workspace.environmentLocks().upgrade(reference, wanted);
    if (!upgraded.ok) {
      const { code, message, hint } = upgraded.failure;
      return refuse(code, message, hint, 4);
    }
    if (upgraded.value !== null) upgrades.push(upgraded.value);
  }
  return upgrades;
}

/** The plan as it would be with the new locks. */
async function stepsToRun(
  workspace: Workspace,
  graph: Graph,
  upgrades: readonly LockUpgrade[],
  locks: string | null,
): Promise<UpgradeReport["steps"] | Refusal> {
  const folder = makeTemporary("locks");
  try {
    const trial = places.locks(folder);
    if (locks !== null && fs.existsSync(locks)) fs.cpSync(locks, trial, { recursive: true });
    for (const upgrade of upgrades) upgrade.write(trial);
    const there: Workspace = {
      ...workspace,
      environments: (locked) => workspace.environments(locked, trial),
    };
    const prepared = await preparePlan(there, graph, {
      force: [],
      skip: [],
      taken: {},
      onlyCached: false,
      passEnv: workspace.config.passEnv,
      mayResolve: false,
      locked: false,
    });
    const { plan, problems, exitCode, unresolved } = prepared;
    if (plan === null) return { ...refuseInvalid(problems), exitCode };
    const { steps } = await forecastRun(there, plan, unresolved);
    return steps.filter(({ decision }) => decision === "run" || decision === "depends");
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
