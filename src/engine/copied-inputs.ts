// Inputs of mode `download`: the attempt gets a copy of its own, which it may write to. All other modes read where the data
// lies.

import path from "node:path";
import type { StepError } from "../core/event.ts";
import type { OutputRecord } from "../core/output.ts";
import type { Plan, PlannedStep } from "../core/plan.ts";
import type { OutputLookup } from "../core/step-facts.ts";
import type { Contents } from "../ports/contents.ts";
import type { DataType, StepInput, StepNode } from "../spec/graph.ts";
import { own, put } from "../spec/own-keys.ts";

export interface ReadInputs {
  readonly plan: Plan;
  readonly outputOf: OutputLookup;
}

/** Where below an attempt's folder the copies lie: taken away with its work folder. */
const COPIES = "copies";

export async function copiedInputs(
  contents: Pick<Contents, "publish" | "inputHeld" | "verify">,
  inputs: ReadInputs,
  {
    index,
    attemptId,
    folder,
  }: {
    readonly index: number;
    readonly attemptId: string;
    readonly folder: string;
  },
): Promise<ReadInputs | StepError> {
  const { plan, outputOf } = inputs;
  const node = plan.graph.steps[index] as StepNode;
  if (!isCopied(node)) return inputs;
  const planned = plan.steps[index] as PlannedStep;
  const data = { ...planned.data };
  const made = new Map<string, OutputRecord>();
  for (const [name, input] of Object.entries(node.inputs)) {
    const { source, type } = input;
    if (!readsCopy(input)) continue;
    const given = source.kind === "data" ? own(planned.data, name) : undefined;
    const record =
      source.kind === "step"
        ? outputOf(source.step, source.output)
        : given && !given.remote?.direct
          ? { ...given.content, path: given.path, type: type as DataType }
          : null;
    if (record === null) continue;
    const at = path.join(
      folder,
      COPIES,
      name,
      record.kind === "file" ? path.basename(record.path) : "",
    );
    const copied = await contents.publish(record, at);
    if (!copied.ok)
      return { ...copied.failure, message: `input ${name}: ${copied.failure.message}` };
    const isHeld = given
      ? (await contents.inputHeld(attemptId, name, given)) === "held"
      : await contents.verify(record);
    if (!isHeld) return changedWhileCopied(name, record.path);
    if (source.kind === "step")
      made.set(keyOf(source.step, source.output), { ...record, path: at });
    else if (given !== undefined) put(data, name, { ...given, path: at });
  }
  const steps = plan.steps.with(index, { ...planned, data });
  return {
    plan: { ...plan, steps },
    outputOf: (step, output) => made.get(keyOf(step, output)) ?? outputOf(step, output),
  };
}

function changedWhileCopied(name: string, at: string): StepError {
  const message = `input ${name} changed while it was copied: ${at}`;
  return { code: "changed_while_read", message, hint: "run again when nothing writes to it" };
}

function keyOf(step: string, output: string): string {
  return `${step}\n${output}`;
}

/** What becomes of the place that it was copied from is nothing to the attempt. */
export function readsCopy({ mode }: Pick<StepInput, "mode">): boolean {
  return mode === "download" || mode === "eval_download";
}

function isCopied({ inputs }: StepNode): boolean {
  for (const name in inputs) if (readsCopy(inputs[name] as StepInput)) return true;
  return false;
}
