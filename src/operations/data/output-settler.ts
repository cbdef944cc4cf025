// What a run's outputs ask for beside being recorded: a copy at a place of the user's, a version as a data asset or
// model. All of it is idempotent, so a resumed run may do it again. What goes elsewhere takes its time and is sent between
// ticks; the rest is done at once.

import type { StepError } from "../../core/event.ts";
import type { OutputRecord } from "../../core/output.ts";
import type { Plan } from "../../core/plan.ts";
import type { OutputSettler } from "../../engine/engine-ports.ts";
import { assetKindOf } from "../../spec/asset-kind.ts";
import type { DataReference, StepNode, StepOutput } from "../../spec/graph.ts";
import { own } from "../../spec/own-keys.ts";
import { copyModeOf } from "../../spec/transfer-settings.ts";
import type { Workspace } from "../workspace.ts";
import { OWN_DATASTORE } from "./datastores.ts";
import { filledIn, publish } from "./output-destination.ts";

export function createOutputSettler(workspace: Workspace): OutputSettler {
  return {
    needed: (step) => Object.values(step.outputs).some(asksForMore),
    async settle(run, plan, index, result) {
      const step = plan.graph.steps[index] as StepNode;
      const problems: StepError[] = [];
      for (const [name, output] of Object.entries(step.outputs)) {
        const record = own(result.outputs, name);
        if (record === undefined || !asksForMore(output)) continue;
        const published = await publishHere(workspace, run, plan, { step, name, record });
        if (published !== null) problems.push(published);
        const registered = await register(workspace, run, source(step, name), output, record);
        if (registered !== null) problems.push(registered);
      }
      return problems;
    },
    sends(plan, index, how, { outputs }) {
      const step = plan.graph.steps[index] as StepNode;
      for (const name in step.outputs) {
        const record = own(outputs, name);
        const output = step.outputs[name] as StepOutput;
        if (record !== undefined && takesTime(workspace, { output, plan, how, record }))
          return true;
      }
      return false;
    },
    async send(run, { plan, index, how }, result) {
      const step = plan.graph.steps[index] as StepNode;
      const problems: StepError[] = [];
      for (const [name, output] of Object.entries(step.outputs)) {
        const record = own(result.outputs, name);
        if (record === undefined || !takesTime(workspace, { output, plan, how, record })) continue;
        const to = output.publishTo ?? intermediate(plan, run, source(step, name));
        const place = filledIn(to, run, plan);
        const refused =
          (await fetchFirst(workspace, record)) ??
          (await publish(workspace, place, record, copyHow(plan, step, name)));
        if (refused === null) continue;
        const error = output.publishTo === null ? { ...refused, hint: onlyForced(step) } : refused;
        problems.push(notCopied(source(step, name), place, error));
      }
      return problems;
    },
  };
}

function asksForMore(output: StepOutput): boolean {
  return output.publishTo !== null || output.registerName !== null;
}

/** It goes elsewhere, or has to be fetched first. */
function takesTime(
  workspace: Workspace,
  {
    output,
    plan,
    how,
    record,
  }: {
    readonly output: StepOutput;
    readonly plan: Plan;
    readonly how: "ran" | "reused";
    readonly record: OutputRecord;
  },
): boolean {
  if (record.shared === true && output.publishTo !== null) return true;
  return elsewhere(workspace, output, plan, how);
}

async function fetchFirst(workspace: Workspace, record: OutputRecord): Promise<StepError | null> {
  const refused = await workspace.shared?.fetch(record);
  return refused ? { code: "publish_failed", message: refused.message, hint: refused.hint } : null;
}

/** Whether a copy goes to a place that is not known to be a folder of this machine. */
function elsewhere(
  workspace: Workspace,
  { publishTo }: StepOutput,
  plan: Plan,
  how: "ran" | "reused",
): boolean {
  // Intermediate data of a reused step lies where the run that made it has put it.
  if (publishTo === null)
    return how === "ran" && isElsewhere(workspace, plan.graph.defaultDatastore);
  if (publishTo.kind === "url") return true;
  if (publishTo.kind !== "datastore") return false;
  const filled = filledIn(publishTo, "", plan);
  return filled.kind === "datastore" && isElsewhere(workspace, filled.datastore);
}

function isElsewhere(workspace: Workspace, datastore: string | null): boolean {
  if (datastore === null || datastore === OWN_DATASTORE) return false;
  return own(workspace.config.datastores, datastore)?.type !== "file";
}

/** Where Azure ML puts what has no place of its own. */
function intermediate(plan: Plan, run: string, name: string): DataReference {
  const datastore = plan.graph.defaultDatastore ?? OWN_DATASTORE;
  return { kind: "datastore", datastore, path: `azureml/${run}/${name.replaceAll(".", "/")}` };
}

/** The next run reuses the step, and sends no copy of what is intermediate. */
function onlyForced({ path }: StepNode): string {
  const step = path === "." ? "" : ` ${path}`;
  return `a step that is reused sends no copy of intermediate data: when that is mended, run it with --force${step}`;
}

function notCopied(output: string, place: DataReference, error: StepError): StepError {
  const message = `output ${output} is recorded, but was not copied to ${shown(place)}: ${error.message}`;
  return { ...error, message };
}

function shown(place: DataReference): string {
  if (place.kind === "local") return place.path;
  if (place.kind === "datastore")
    return `azureml://datastores/${place.datastore}/paths/${place.path}`;
  return (place as { readonly url?: string }).url ?? `a ${place.kind}`;
}

async function publishHere(
  workspace: Workspace,
  run: string,
  plan: Plan,
  {
    step,
    name,
    record,
  }: { readonly step: StepNode; readonly name: string; readonly record: OutputRecord },
): Promise<StepError | null> {
  const output = step.outputs[name] as StepOutput;
  if (output.publishTo === null || record.shared === true) return null;
  if (elsewhere(workspace, output, plan, "ran")) return null;
  const place = filledIn(output.publishTo, run, plan);
  const refused = await publish(workspace, place, record, copyHow(plan, step, name));
  return refused === null ? null : notCopied(source(step, name), place, refused);
}

/** Two outputs may go into one folder: each takes away only what it has put there itself. */
function copyHow(plan: Plan, step: StepNode, name: string): Parameters<typeof publish>[3] {
  return { mode: copyModeOf(step), by: `${plan.graph.pipeline}: ${source(step, name)}` };
}

async function register(
  workspace: Workspace,
  run: string,
  source: string,
  output: StepOutput,
  record: OutputRecord,
): Promise<StepError | null> {
  if (output.registerName === null) return null;
  const kind = assetKindOf(output.type);
  const reference: DataReference = { kind: "run_output", run, output: source };
  const outcome = await workspace.records.createAsset({
    kind,
    name: output.registerName,
    version: output.registerVersion,
    contentId: record.id,
    definition: JSON.stringify({ type: output.type, reference, contentId: record.id }),
    description: null,
    tags: {},
    createdAt: workspace.clock.now(),
    createdBy: workspace.user,
    run,
  });
  if (outcome.kind !== "conflict") return null;
  const { name, version } = outcome.existing;
  return {
    code: "asset_version_conflict",
    message: `${kind} ${name}:${version} exists with other content; output ${source} is kept but not registered`,
    hint: `register it as the next free version: stepwell ${kind} create --name ${name} --version ${outcome.nextVersion} --type ${output.type} --path azureml://jobs/${run}/outputs/${source}`,
  };
}

/** The name under which `azureml://jobs/RUN/outputs/…` finds it. */
function source(step: StepNode, output: string): string {
  return step.path === "." ? output : `${step.path}.${output}`;
}
