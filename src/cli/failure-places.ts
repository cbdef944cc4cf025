// What a person needs when a step failed: why, its own file and line, and what it read. Lines for people.

import type { StepView } from "../operations/recorded/run-view.ts";
import { shownPath } from "./format.ts";

/** A step with more inputs than these is not read input by input. */
const SHOWN_INPUTS = 12;
/** Longer values are text that nobody looks at here. */
const SHOWN_CHARACTERS = 80;

/** Why it failed, with the name of the step where the reason does not hold it. */
export function failureReason({ name, error }: StepView): string {
  const message = error?.message ?? name;
  return name === "." || message.includes(`step ${name}`) ? message : `step ${name}: ${message}`;
}

export function failurePlaces(step: StepView): readonly string[] {
  const location = step.error?.location ?? null;
  const inputs = Object.entries(step.inputs);
  const rest = inputs.length - SHOWN_INPUTS;
  return [
    ...(location === null ? [] : [`at ${shownPath(location.file)}:${location.line}`]),
    ...inputs.slice(0, SHOWN_INPUTS).flatMap(([name, input]) => inputLine(name, input)),
    ...(rest > 0 ? [`and ${rest} more inputs: stepwell show --json`] : []),
  ];
}

function inputLine(name: string, input: unknown): readonly string[] {
  const { path, value } = input as {
    readonly path?: string | null;
    readonly value?: string | null;
  };
  const text = path ?? value ?? null;
  if (text === null) return [];
  const isLong = path === undefined && text.length > SHOWN_CHARACTERS;
  return [`input ${name}  ${isLong ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text}`];
}
