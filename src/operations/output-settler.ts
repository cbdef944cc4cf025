// What a run's outputs ask for beside being recorded: a copy at a place of the user's, a version as a data asset or
// model. Both are idempotent, so a resumed run may do them again.

import path, { posix } from "node:path";
import type { StepError } from "../core/event.ts";
import type { OutputRecord } from "../core/output.ts";
import type { Plan } from "../core/plan.ts";
import type { OutputSettler } from "../engine/engine-ports.ts";
import type { DataReference, StepNode, StepOutput } from "../spec/graph.ts";
import { own } from "../spec/own-keys.ts";
import { isRefusal } from "./refusal.ts";
import { type RemoteSource, remoteSource } from "./remote-source.ts";
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
  const reference = filledIn(output.publishTo, run, plan);
  const place = await destination(workspace, reference);
  if (typeof place !== "string" && "code" in place) return place;
  if (typeof place !== "string") {
    const { sendRemote } = await import("./send-remote.ts");
    const refused = await sendRemote(workspace, record, place);
    return refused === null ? null : failed(refused.message, refused.hint);
  }
  const outcome = await workspace.contents.publish(record, place);
  return outcome.ok ? null : failed(outcome.failure.message, outcome.failure.hint);
}

function failed(message: string, hint: string | null): StepError {
  return { code: "publish_failed", message, hint };
}

/** Where a copy goes, with `${{name}}` and `${{default_datastore}}` filled in. */
export function filledIn(reference: DataReference, run: string, plan: Plan): DataReference {
  const fill = (text: string): string =>
    text
      .replaceAll(/\$\{\{\s*name\s*\}\}/g, run)
      .replaceAll(
        /\$\{\{\s*default_datastore\s*\}\}/g,
        plan.graph.defaultDatastore ?? "workspaceblobstore",
      );
  if (reference.kind === "local") return { kind: "local", path: fill(reference.path) };
  if (reference.kind === "url") return { kind: "url", url: fill(reference.url) };
  if (reference.kind !== "datastore") return reference;
  // Whoever runs it chooses no place above the datastore.
  const path = posix.normalize(`/${fill(reference.path)}`).slice(1);
  return { kind: "datastore", datastore: fill(reference.datastore), path };
}

/** A local path, or a place elsewhere. */
export async function destination(
  workspace: Workspace,
  reference: DataReference,
): Promise<string | RemoteSource | StepError> {
  if (reference.kind === "local") return reference.path;
  if (reference.kind === "datastore") {
    const root = await storeFolder(workspace, reference.datastore);
    if (isRefusal(root)) return failed(root.message, root.hint);
    if (root !== null) return path.join(root, reference.path);
  }
  const remote =
    reference.kind === "datastore" || reference.kind === "url"
      ? await remoteSource(workspace, reference)
      : null;
  if (isRefusal(remote)) return failed(remote.message, remote.hint);
  const [what] = reference.kind === "url" ? reference.url.split(":") : [`a ${reference.kind}`];
  return (
    remote ?? failed(`outputs cannot be written to ${what}`, "use a local path or a datastore")
  );
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
