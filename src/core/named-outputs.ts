// Which outputs a step's command knows of: it learns their paths from `${{outputs.x}}` alone. Pure.

import type { StepNode } from "../spec/graph.ts";
import { isFunctionCommand } from "./function-changes.ts";

/** False where nothing of the step says where the output is to be written. A function and a transfer are told otherwise. */
export function namesOutput(
  { command, environmentVariables }: Pick<StepNode, "command" | "environmentVariables">,
  port: string,
): boolean {
  if (command === null || isFunctionCommand(command)) return true;
  return [command, ...Object.values(environmentVariables)].some((text) => isIn(text, port));
}

/** Of `outputs.model_v2` the output `model` is no part. */
function isIn(text: string, port: string): boolean {
  if (!text.includes(`outputs.${port}`)) return false;
  return [...text.matchAll(/outputs\.([\w.-]+)/g)].some(([, name]) => name === port);
}
