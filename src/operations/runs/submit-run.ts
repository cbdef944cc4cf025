// Makes a run durable: name, plan, who asked and from where. When it resolves, the run is never lost.

import fs from "node:fs";
import type { ProcessIdentity } from "../../core/attempt.ts";
import { forgetText } from "../../core/packed-graph.ts";
import type { Plan } from "../../core/plan.ts";
import { planDocument } from "../../core/plan-document.ts";
import type { NewRun, RecordStore, RunRow } from "../../ports/records.ts";
import { addressSecretIn, withoutAddressSecrets } from "../../spec/address-secret.ts";
import { RUN_WORDS } from "../../spec/run-words.ts";
import { keepInputs } from "../data/keep-inputs.ts";
import { type DefinitionSource, recordedSource } from "../definitions/definition-source.ts";
import { planDocuments } from "../plans/plan-documents.ts";
import { markRun, unmark } from "../recorded/marked-runs.ts";
import { passedSecrets } from "../recorded/passed-secrets.ts";
import { runSlug } from "../recorded/run-slug.ts";
import { removeShell, writeShell } from "../recorded/write-shell.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import { unseenProcesses } from "../unseen-processes.ts";
import { places, type Workspace } from "../workspace.ts";
import { gitOrigins } from "./git-origin.ts";

export interface SubmitOptions {
  /** `--name`, or null. */
  readonly name: string | null;
  readonly experiment: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly priority: number;
  readonly detached: boolean;
  readonly idempotencyKey: string | null;
  /** The process that wants the run to go on; null when detached. */
  readonly owner: ProcessIdentity | null;
  readonly file: string | null;
  readonly commandLine: readonly string[];
  /** `--env NAME=V`: handed to the steps, recorded by name only. */
  readonly variables: Readonly<Record<string, string>>;
  /** What was warned of the definition. */
  readonly warnings: readonly string[];
  /** What the definition was read from, where that may be read again; null: its graph says it all. */
  readonly readFrom: DefinitionSource | null;
}

/** Names are ids, never paths. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/;

export async function submitRun(
  workspace: Workspace,
  plan: Plan,
  options: SubmitOptions,
): Promise<RunRow | Refusal> {
  const unseen = unseenProcesses(workspace);
  if (unseen !== null) return unseen;
  const explicit = options.name;
  if (explicit !== null && !NAME.test(explicit))
    return refuse(
      "invalid_name",
      `${JSON.stringify(explicit)} is not a run name`,
      "use letters, digits, dots, dashes and underscores, at most 255, starting with a letter or digit",
    );
  if (explicit !== null && RUN_WORDS.includes(explicit))
    return refuse(
      "invalid_name",
      `${explicit} cannot be the name of a run: where a run is asked for it means another one`,
      "choose another --name, or leave it out",
    );
  const strangers = explicit === null ? null : await filesOfAnother(workspace, explicit);
  if (strangers !== null) return strangers;
  for (const [name, value] of Object.entries(options.tags)) {
    const secret = addressSecretIn(value, `--tag ${name}`);
    if (secret !== null) return refuse("secret_in_address", secret.message, secret.hint);
  }
  const notKept = await keepInputs(workspace, plan);
  if (notKept !== null) return notKept;
  const secrets = await passedSecrets(workspace);
  if (isRefusal(secrets)) return secrets;
  const variables = { ...secrets, ...options.variables };
  const git = await gitOrigins(
    plan.graph.steps.flatMap(({ code }) => [code?.path ?? [], code?.includes ?? []].flat()),
    workspace.notice,
  );
  const base = newRun(workspace, plan, options, git);
  const written = plan.graph.name;
  const isUsable = written !== null && NAME.test(written) && !hasFiles(workspace, written);
  const first = explicit ?? (isUsable ? written : null);
  for (let count = 0; ; count += 1) {
    const name = count === 0 && first !== null ? first : await freeName(workspace, plan, count);
    const marks = markRun(workspace, name);
    const outcome = await claimName(workspace, { ...base, name }, () =>
      writeShell(workspace, name, plan.options.passEnv, variables),
    );
    if (outcome.kind !== "created") await unmark(workspace, name, marks);
    if (outcome.kind === "created") {
      forgetText(plan.graph);
      return (await workspace.records.run(name)) as RunRow;
    }
    if (outcome.kind === "repeated") return repeated(outcome.run, base);
    if (explicit !== null)
      return refuse(
        "name_taken",
        `a run named ${explicit} exists already`,
        "choose another --name, or leave it out",
      );
  }
}

/** The variables of the shell are there before an engine can see the run, and never for a name that is another run's. */
async function claimName(
  workspace: Workspace,
  run: NewRun,
  write: () => void,
): ReturnType<RecordStore["submit"]> {
  let isClaimed = false;
  const onClaim = (): void => {
    isClaimed = true;
    removeShell(workspace, run.name);
    write();
  };
  try {
    return await workspace.records.submit(run, onClaim);
  } catch (error) {
    if (isClaimed && (await workspace.records.run(run.name)) === null)
      removeShell(workspace, run.name);
    throw error;
  }
}

function repeated(run: RunRow, base: Omit<NewRun, "name">): RunRow | Refusal {
  if (run.planId === base.planId) return run;
  return refuse(
    "idempotency_conflict",
    `the idempotency key was used for run ${run.name} with another definition`,
    "use a new key for a new definition",
  );
}

/** `taxi-17`: the pipeline's name and the next number. */
async function freeName(workspace: Workspace, plan: Plan, count: number): Promise<string> {
  const slug = runSlug(plan.graph.pipeline);
  const recent = await workspace.records.runs({ pipeline: plan.graph.pipeline, limit: 20 });
  const numbers = recent.map((row) => Number(/-(\d+)$/.exec(row.name)?.[1] ?? 0));
  let next = Math.max(0, ...numbers) + 1 + Math.max(0, count - 1);
  while (hasFiles(workspace, `${slug}-${next}`)) next += 1;
  return `${slug}-${next}`;
}

/** A run of that name would write over them. */
async function filesOfAnother(workspace: Workspace, name: string): Promise<Refusal | null> {
  if (!hasFiles(workspace, name) || (await workspace.records.run(name)) !== null) return null;
  return refuse(
    "name_taken",
    `there are files of a run named ${name} that the record does not know`,
    `choose another --name, or move away .stepwell/store/azureml/${name} and .stepwell/logs/${name}`,
  );
}

/** Of a run that the record does not know: it was put back from a copy, or moved away. They stay as they are. */
function hasFiles({ folder }: Workspace, name: string): boolean {
  return [places.outputs(folder, name), places.logs(folder, name)].some((at) => fs.existsSync(at));
}

function newRun(
  workspace: Workspace,
  plan: Plan,
  options: SubmitOptions,
  git: NewRun["origin"]["git"],
): Omit<NewRun, "name"> {
  const { graph } = plan;
  const document = planDocument(plan);
  workspace.plans.remember(document.id, plan);
  const source = options.readFrom === null ? null : recordedSource(options.readFrom);
  return {
    pipeline: graph.pipeline,
    experiment: options.experiment ?? graph.experiment ?? graph.pipeline,
    displayName: graph.displayName,
    description: graph.description,
    tags: { ...graph.tags, ...options.tags },
    createdAt: workspace.clock.now(),
    priority: options.priority,
    detached: options.detached,
    owner: options.owner,
    idempotencyKey: options.idempotencyKey,
    planId: document.id,
    planBody: document.body,
    steps: graph.steps.length,
    documents: [
      document.graph,
      ...planDocuments(plan),
      ...(source === null ? [] : [source.document]),
    ],
    origin: {
      user: workspace.user,
      host: workspace.host,
      commandLine: maskSecrets(options.commandLine),
      workingFolder: process.cwd(),
      file: options.file,
      git,
      ...(options.warnings.length === 0 ? {} : { warnings: options.warnings }),
      ...(source === null ? {} : { definition: source.origin }),
    },
  };
}

/** Values of `--env NAME=V` may be secrets: only the name is recorded. So do passwords of addresses. */
function maskSecrets(words: readonly string[]): readonly string[] {
  return words.map((word, index) => {
    if (words[index - 1] === "--env") return word.replace(/=.*$/s, "=***");
    return withoutAddressSecrets(word.replace(/^(--env=[^=]+)=.*$/s, "$1=***"));
  });
}
