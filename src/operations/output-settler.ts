// What a run's outputs ask for beside being recorded: a copy at a place of the user's, a version as a data asset or
// model. Both are idempotent, so a resumed run may do them again.

import path from "node:path";
import type { StepError } from "../core/event.ts";
import type { OutputRecord } from "../core/output.ts";
import type { Plan } from "../core/plan.ts";
import type { OutputSettler } from "../engine/engine-ports.ts";
import type { DataReference, StepNode, StepOutput } from "../spec/graph.ts";
import { own } from "../spec/own-keys.ts";
import { storeFolder } from "./resolve-data.ts";
import type { Workspace } from "./workspace.ts";

const MODEL_TYPES: ReadonlySet<string> = new Set(["custom_model", "mlflow_model", "triton_model"]);

export function createOutputSettler(workspace: Workspace): OutputSettler {
  return {
    needed: (step) => Object.values(step.outputs).some(asksForMore),
    async settle(run, plan, index, result) {
      const step = plan.graph.steps[index] as StepNode;
      const problems: StepError[] = [];
      for (const [name, output] of Object.entries(step.outputs)) {
        const record = own(result.outputs, name);
        if (record === undefined || !asksForMore(output)) continue;
        const published = await publish(workspace, run, plan, output, record);
        if (published !== null) problems.push(published);
        const registered = await register(workspace, run, source(step, name), output, record);
        if (registered !== null) problems.push(registered);
      }
      return problems;
    },
  };
}

function asksForMore(output: StepOutput): boolean {
  return output.publishTo !== null || output.registerName !== null;
}

async function publish(
  workspace: Workspace,
  run: string,
  plan: Plan,
  output: StepOutput,
  record: OutputRecord,
): Promise<StepError | null> {
  if (output.publishTo === null) return null;
  const place = destination(workspace, run, plan, output.publishTo);
  if (typeof place !== "string") return place;
  const outcome = await workspace.contents.publish(record, place);
  if (outcome.ok) return null;
  const { message, hint } = outcome.failure;
  return { code: "publish_failed", message, hint };
}

/** Where a copy goes: `${{name}}` and `${{default_datastore}}` filled in. */
export function destination(
  workspace: Workspace,
  run: string,
  plan: Plan,
  reference: DataReference,
): string | StepError {
  const fill = (text: string): string =>
    text
      .replaceAll(/\$\{\{\s*name\s*\}\}/g, run)
      .replaceAll(
        /\$\{\{\s*default_datastore\s*\}\}/g,
        plan.graph.defaultDatastore ?? "workspaceblobstore",
      );
  if (reference.kind === "local") return fill(reference.path);
  if (reference.kind === "datastore") {
    const store = fill(reference.datastore);
    const root = storeFolder(workspace, store);
    if (root !== null) return path.join(root, path.normalize(`/${fill(reference.path)}`));
    return {
      code: "unknown_datastore",
      message: `there is no datastore ${store}`,
      hint: "add it to stepwell.yml",
    };
  }
  return {
    code: "publish_failed",
    message: `outputs cannot be written to a ${reference.kind}`,
    hint: "use a local path or a datastore",
  };
}

async function register(
  workspace: Workspace,
  run: string,
  source: string,
  output: StepOutput,
  record: OutputRecord,
): Promise<StepError | null> {
  if (output.registerName === null) return null;
  const kind = MODEL_TYPES.has(output.type) ? "model" : "data";
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
