// Turns a command step into the order of one attempt: its script, its variables, its processes. Values of inputs are
// variables, never text of the script (unless the author asked for Azure's text substitution).

import fs from "node:fs";
import path from "node:path";
import { compiledCommand } from "../core/compiled-command.ts";
import type { StepError } from "../core/event.ts";
import { MAX_VALUE_BYTES } from "../core/input-values.ts";
import type { ResolvedData } from "../core/plan.ts";
import { checkValues, substituteText } from "../core/shell-template.ts";
import { quoted } from "../core/shell-word.ts";
import type { AttemptOrder } from "../ports/compute.ts";
import type { AttemptContext } from "../ports/step-types.ts";
import type { StepInput, StepNode } from "../spec/graph.ts";
import { own } from "../spec/own-keys.ts";
import { processCount } from "../spec/process-count.ts";
import { MPI_VARIABLES, mpiCommand, processVariables } from "./distribution.ts";
import { stepVariables } from "./step-variables.ts";
import type { WatchPlaces } from "./watch-rules.ts";
import { prepareStrace, straceScript, straceWorks } from "./watch-strace.ts";

/** What the submitter's shell gives to every step of a run; values live in memory and a private file only. */
export interface ShellVariables {
  readonly inherited: Readonly<Record<string, string>>;
  /** By `pass_env` and `--env`. */
  readonly passed: Readonly<Record<string, string>>;
  /** What finds the key of the workspace's secrets: for steps that are Stepwell itself, and no other. */
  readonly keys: Readonly<Record<string, string>>;
  /** Every variable that the shell had, by name alone. */
  readonly names: readonly string[];
  /** Why those of the submitter are not known, although they were kept: these are another shell's. */
  readonly unread?: string;
}

export interface OrderSettings {
  readonly graceMs: number;
  readonly mpirun: boolean;
  /** Words that start the program of transfer steps; the file of its order follows. */
  readonly transferProgram: readonly string[];
  /** Null: what steps read is not watched. */
  readonly watch: WatchPlaces | null;
}

/** The order for one attempt, or why there can be none. */
export function commandOrder(
  context: AttemptContext,
  shell: ShellVariables,
  settings: OrderSettings,
): AttemptOrder | StepError {
  const node = context.plan.graph.steps[context.index] as StepNode;
  const values = referenceValues(context, node);
  if ("code" in values) return values as StepError;
  const script = scriptOf(node, values as Readonly<Record<string, string>>, {
    run: context.run,
    passed: { ...shell.passed, ...node.environmentVariables },
  });
  if (!script.ok) return script.error;
  const distribution = node.distribution;
  const count = processCount(distribution, node.resources.instanceCount);
  if (distribution?.type === "mpi" && !settings.mpirun && count > 1)
    return missingMpirun(node.path);
  const mpi = distribution?.type === "mpi" && settings.mpirun;
  const wrapped = wrapping(context, mpi ? count : null);
  const watch = node.trace === false ? null : settings.watch;
  const { shared, variables } = stepVariables(context, node, shell, watch);
  if (wrapped.traced && watch !== null) prepareStrace(context, watch, { ...shared, ...variables });
  if (mpi) Object.assign(variables, MPI_VARIABLES);
  const text = startable(context.staged.folder, script.text);
  if (wrapped.script !== null) variables.SW__script = text;
  Object.assign(variables, script.variables);
  return {
    attemptId: context.attemptId,
    epoch: context.epoch,
    folder: context.staged.folder,
    workFolder: context.staged.workFolder,
    script: wrapped.script ?? text,
    shared,
    variables,
    processes: processVariables(distribution, node.resources.instanceCount, context.attemptId),
    logPath: context.logPath,
    timeoutMs: node.timeoutSeconds === null ? null : node.timeoutSeconds * 1000,
    graceMs: settings.graceMs,
    memoryLimitBytes: node.resources.memoryBytes,
  };
}

/** A script too long for one argument of a process is read by bash from a file beside the work folder. */
function startable(attemptFolder: string, script: string): string {
  if (Buffer.byteLength(script) <= MAX_VALUE_BYTES) return script;
  const file = path.join(attemptFolder, "command.sh");
  fs.writeFileSync(file, script, { mode: 0o600 });
  return `. ${quoted(file)}`;
}

const BASH = 'bash -c "$SW__script"';

/** A script that runs the step's own from a variable; null where nothing stands around it. */
function wrapping(
  context: AttemptContext,
  mpi: number | null,
): { readonly script: string | null; readonly traced: boolean } {
  const node = context.plan.graph.steps[context.index] as StepNode;
  const command = mpi === null ? BASH : mpiCommand(mpi);
  if (node.trace && straceWorks())
    return { script: straceScript(context.staged.folder, command), traced: true };
  return { script: mpi === null ? null : `exec ${command}`, traced: false };
}

function missingMpirun(step: string): StepError {
  return {
    code: "program_missing",
    message: `step ${step} is distributed with MPI, and mpirun is not on PATH`,
    hint: "install Open MPI (apt-get install openmpi-bin, brew install open-mpi)",
  };
}

type Script =
  | {
      readonly ok: true;
      readonly text: string;
      readonly variables: Readonly<Record<string, string>>;
    }
  | { readonly ok: false; readonly error: StepError };

/** `passed`: variables that reach the command beside its own references. */
function scriptOf(
  node: StepNode,
  values: Readonly<Record<string, string>>,
  { run, passed }: { readonly run: string; readonly passed: Readonly<Record<string, string>> },
): Script {
  const template = node.command ?? "";
  if (node.textSubstitution)
    return { ok: true, text: substituteText(template, { ...values, name: run }), variables: {} };
  const compiled = compiledCommand(node);
  if (!compiled.ok) {
    const [problem] = compiled.problems;
    return {
      ok: false,
      error: {
        code: problem?.code ?? "invalid_command",
        message: problem?.message ?? "the command cannot be read",
        hint: problem?.hint ?? null,
      },
    };
  }
  const readAs = (ref: string): string => (ref === "name" ? run : (values[ref] ?? ""));
  const named = compiled.references.map(({ ref }) => [ref, readAs(ref)]);
  const [tooLong] = checkValues({ ...passed, ...Object.fromEntries(named) });
  if (tooLong !== undefined)
    return {
      ok: false,
      error: { code: tooLong.code, message: tooLong.message, hint: tooLong.hint },
    };
  const used = compiled.references.map(({ ref, variable }) => [variable, readAs(ref)]);
  return { ok: true, text: compiled.script, variables: Object.fromEntries(used) };
}

/** `inputs.x` and `outputs.o` → what the command sees; unset optional inputs are left out. */
function referenceValues(
  context: AttemptContext,
  node: StepNode,
): Readonly<Record<string, string>> | StepError {
  const values: Record<string, string> = {};
  const data = context.plan.steps[context.index]?.data ?? {};
  for (const [name, input] of Object.entries(node.inputs)) {
    const value = inputValue(context, input, own(data, name));
    if (value !== null) values[`inputs.${name}`] = value;
    else if (input.source.kind === "step")
      return {
        code: "missing_output",
        message: `step ${node.path}: input ${name} reads an output that was not made`,
        hint: null,
      };
  }
  for (const [name, at] of Object.entries(context.staged.outputs)) values[`outputs.${name}`] = at;
  return values;
}

function inputValue(
  context: AttemptContext,
  input: StepInput,
  data: ResolvedData | undefined,
): string | null {
  switch (input.source.kind) {
    case "literal":
      return input.source.literal.text;
    case "data":
      return data?.path ?? null;
    case "step":
      return context.outputOf(input.source.step, input.source.output)?.path ?? null;
    case "unset":
      return null;
    default:
      return input.source satisfies never;
  }
}
