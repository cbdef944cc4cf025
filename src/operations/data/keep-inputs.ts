// Keeps the bytes of a run's local inputs before it is submitted, so that it can be repeated exactly after the user
// changed or removed them. What runs made themselves is in the store already.

import fs from "node:fs";
import path from "node:path";
import type { Plan, ResolvedData } from "../../core/plan.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { places, type Workspace } from "../workspace.ts";

/** Local inputs of a run that are no more than this in all are copied unless `keep: reference` says otherwise. */
const COPIED_BYTES = 64 * 2 ** 20;

/** Null when what is to be kept is kept, and all that the run reads is on the disk. */
export async function keepInputs(workspace: Workspace, plan: Plan): Promise<Refusal | null> {
  const data = plan.steps.flatMap((step) => Object.values(step.data));
  const notKept = await keepData(workspace, data);
  if (notKept !== null) return notKept;
  const code = plan.codes.map(({ snapshotId }) => snapshotId);
  const made = madeBelow(workspace);
  const written = data.map((one) => one.path).filter((one) => !one.startsWith(made));
  await workspace.contents.makeReadDurable(code, [...new Set(written)]);
  return null;
}

/** What runs have made lies below it, and was synced with its record. */
function madeBelow({ folder }: Workspace): string {
  return path.join(places.store(folder), "azureml") + path.sep;
}

export async function keepData(
  workspace: Workspace,
  data: readonly Pick<ResolvedData, "path" | "content" | "remote">[],
): Promise<Refusal | null> {
  const { keep } = workspace.config;
  if (keep === "reference") return null;
  const made = madeBelow(workspace);
  // What lies elsewhere and was never brought here stays there.
  const own = data.filter(
    (one) => !one.path.startsWith(made) && (!one.remote || fs.existsSync(one.path)),
  );
  const distinct = [...new Map(own.map((one) => [one.content.id, one])).values()];
  const bytes = distinct.reduce((sum, one) => sum + one.content.sizeBytes, 0);
  if (keep === "auto" && bytes > COPIED_BYTES) return null;
  const outcome = await workspace.contents.keep(distinct);
  if (outcome.ok) return null;
  const { code, message, hint } = outcome.failure;
  if (keep === "copy" || code === "changed_while_read") return refuse(code, message, hint);
  workspace.notice(`warning: inputs are used in place only: ${message}`);
  return null;
}
