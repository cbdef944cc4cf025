// Submits, plans and checks a pipeline that is in memory.

import path from "node:path";
import type { Plan } from "../core/plan.ts";
import type { DefinitionSource } from "../operations/definitions/definition-source.ts";
import { warningTexts } from "../operations/definitions/warning-texts.ts";
import { forecastRun } from "../operations/plans/plan-run.ts";
import { startDetachedEngine } from "../operations/runs/detached-engine.ts";
import { takeUp } from "../operations/runs/resume-run.ts";
import { submitRun } from "../operations/runs/submit-run.ts";
import type { Workspace } from "../operations/workspace.ts";
import type { PipelineParts } from "../sdk/pipeline-parts.ts";
import type { RecordOptions, Run, SubmitOptions } from "../sdk/run.ts";
import type { PlanReport } from "../sdk/run-report.ts";
import { type Finding, StepwellError } from "../sdk/stepwell-error.ts";
import { drive } from "./drive.ts";
import { findHome, type Home, usePretended } from "./home.ts";
import { type Asked, fileOf, preparePipeline } from "./prepare.ts";
import { accepted, invalid } from "./refused.ts";
import { createRun, type Source } from "./run.ts";
import { shownPlan } from "./show-run.ts";

export async function submitPipeline(
  parts: PipelineParts,
  options: SubmitOptions & Asked,
): Promise<Run> {
  options.signal?.throwIfAborted();
  const home = await findHome(folderOf(options), "make");
  return submitIn(home, { parts, asked: options }, options);
}

/** The same in a workspace that is found already. */
export async function submitIn(home: Home, source: Source, options: RecordOptions): Promise<Run> {
  const { parts, asked } = source;
  const given = { env: asked.env ?? {}, file: fileOf(parts) };
  return home.use(async (workspace) => {
    const prepared = await preparePipeline(workspace, parts, { ...asked, ...only(options) }, true);
    const { plan, problems, readFrom } = prepared;
    if (plan === null) throw invalid(problems);
    options.signal?.throwIfAborted();
    const warnings = warningTexts(problems);
    const name = await record(workspace, plan, { ...options, ...given, warnings, readFrom });
    return begin(home, name, { options, source, warnings: problems });
  });
}

function only({ onlyCached = false, strict = false }: RecordOptions): Asked {
  return { onlyCached, strict };
}

export interface Order extends RecordOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly file: string | null;
  readonly warnings: readonly string[];
  /** What the definition was read from, where that may be read again. */
  readonly readFrom: DefinitionSource | null;
}

/** Makes the run durable and gives its name. */
export async function record(workspace: Workspace, plan: Plan, order: Order): Promise<string> {
  const { priority = 0, detach = false } = order;
  if (!Number.isInteger(priority) || Math.abs(priority) > 10)
    throw new StepwellError(
      "wrong_usage",
      `priority is ${priority}`,
      "give a whole number from -10 to 10",
    );
  const row = accepted(
    await submitRun(workspace, plan, {
      name: order.name ?? null,
      experiment: order.experiment ?? null,
      tags: order.tags ?? {},
      priority,
      detached: detach,
      idempotencyKey: order.idempotencyKey ?? null,
      owner: detach ? null : workspace.self(),
      file: order.file,
      commandLine: ownCommand(),
      variables: order.env,
      warnings: order.warnings,
      readFrom: order.readFrom,
    }),
  );
  // The same key again: nobody may be left who goes on with that run.
  if (order.idempotencyKey !== undefined) await takeUp(workspace, row, detach ? true : null);
  return row.name;
}

/** Words behind the script may be secrets. */
function ownCommand(): readonly string[] {
  const script = process.argv[1];
  return ["node", ...(script === undefined ? [] : [path.relative(process.cwd(), script)])];
}

interface Beginning {
  readonly options: RecordOptions;
  readonly source: Source | null;
  readonly warnings: readonly Finding[];
}

/** Starts what sees the run through, and gives it. */
export async function begin(
  home: Home,
  name: string,
  { options, source, warnings }: Beginning,
): Promise<Run> {
  if (options.detach) await home.use(async (workspace) => startDetachedEngine(workspace));
  const driver = options.detach ? null : drive(home, name);
  const run = createRun(home, name, { driver, source, warnings });
  cancelOnAbort(run, options.signal, driver?.ended ?? null);
  return run;
}

/** As long as the run is this process's own, or for as long as it lives. */
function cancelOnAbort(
  run: Run,
  signal: AbortSignal | undefined,
  ended: Promise<void> | null,
): void {
  if (signal === undefined) return;
  const cancel = (): void => {
    run.cancel().catch((error: unknown) => {
      process.stderr.write(`stepwell: ${run.name} is not cancelled: ${(error as Error).message}\n`);
    });
  };
  if (signal.aborted) cancel();
  else signal.addEventListener("abort", cancel, { once: true });
  const forget = (): void => signal.removeEventListener("abort", cancel);
  ended?.then(forget, forget);
}

export function planPipeline(parts: PipelineParts, asked: Asked): Promise<PlanReport> {
  return usePretended(folderOf(asked), async (workspace) => {
    const { plan, problems, unresolved } = await preparePipeline(workspace, parts, asked, false);
    if (plan === null) throw invalid(problems);
    const forecast = await forecastRun(workspace, plan, unresolved);
    return shownPlan({ ...forecast, warnings: warningTexts(problems) }, parts);
  });
}

export function validatePipeline(parts: PipelineParts, asked: Asked): Promise<readonly Finding[]> {
  return usePretended(folderOf(asked), async (workspace) => {
    const { problems } = await preparePipeline(workspace, parts, asked, false);
    return problems;
  });
}

function folderOf({ workspace }: Pick<SubmitOptions, "workspace">): string | null {
  return typeof workspace === "object" ? workspace.folder : (workspace ?? null);
}
