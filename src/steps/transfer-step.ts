// Turns a step of type data_transfer into the order of one attempt, whose program is Stepwell itself: kill, timeout, log
// and capture are those of any step. Knows nothing of how anything is moved.

import fs from "node:fs";
import path from "node:path";
import type { StepError } from "../core/event.ts";
import type { TransferInput, TransferStepOrder } from "../core/transfer-order.ts";
import type { AttemptOrder } from "../ports/compute.ts";
import type { AttemptContext } from "../ports/step-types.ts";
import type { StepInput, StepNode } from "../spec/graph.ts";
import { own } from "../spec/own-keys.ts";
import { transferSettings } from "../spec/transfer-settings.ts";
import type { OrderSettings, ShellVariables } from "./command-step.ts";
import { stepVariables } from "./step-variables.ts";

export function transferStepOrder(
  context: AttemptContext,
  shell: ShellVariables,
  settings: OrderSettings,
): AttemptOrder | StepError {
  const node = context.plan.graph.steps[context.index] as StepNode;
  const inputs = inputsOf(context, node);
  if ("code" in inputs) return inputs;
  const [output] = Object.entries(context.staged.outputs);
  const type = node.outputs[output?.[0] ?? ""]?.type ?? "uri_folder";
  const order: TransferStepOrder = {
    settings: transferSettings(node),
    inputs,
    output:
      output === undefined
        ? null
        : {
            path: output[1],
            kind: type === "uri_file" ? "file" : "folder",
            isTable: type === "mltable",
          },
    journalFolder: path.join(context.staged.folder, "transfer"),
  };
  const file = path.join(context.staged.folder, "transfer.json");
  fs.writeFileSync(file, JSON.stringify(order, null, 1));
  const words = [...settings.transferProgram, file];
  const { shared, variables: ours } = stepVariables(context, node, shell, null);
  const variables = Object.fromEntries(words.map((word, index) => [`SW__word${index}`, word]));
  return {
    attemptId: context.attemptId,
    epoch: context.epoch,
    folder: context.staged.folder,
    workFolder: context.staged.workFolder,
    script: `exec ${words.map((_, index) => `"$SW__word${index}"`).join(" ")}`,
    shared,
    variables: { ...ours, ...shell.keys, ...variables },
    processes: [{}],
    logPath: context.logPath,
    timeoutMs: node.timeoutSeconds === null ? null : node.timeoutSeconds * 1000,
    graceMs: settings.graceMs,
    memoryLimitBytes: node.resources.memoryBytes,
  };
}

function inputsOf(context: AttemptContext, node: StepNode): readonly TransferInput[] | StepError {
  const inputs: TransferInput[] = [];
  for (const [name, input] of Object.entries(node.inputs)) {
    const found = inputOf(context, name, input);
    if (found !== null) inputs.push(found);
    else if (input.source.kind !== "unset")
      return {
        code: "missing_output",
        message: `step ${node.path}: input ${name} reads an output that was not made`,
        hint: null,
      };
  }
  return inputs;
}

function inputOf(context: AttemptContext, name: string, input: StepInput): TransferInput | null {
  if (input.source.kind === "step") {
    const made = context.outputOf(input.source.step, input.source.output);
    return made === null ? null : { name, kind: made.kind, path: made.path, remote: null };
  }
  const data = own(context.plan.steps[context.index]?.data ?? {}, name);
  if (data === undefined) return null;
  const remote = data.remote?.direct === true ? data.remote : null;
  return { name, kind: data.content.kind, path: data.path, remote };
}
