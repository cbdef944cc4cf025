// Ports as the YAML of a component declares them.

import type { InputPort, InputPorts, OutputPorts } from "./ports.ts";

export function writeInputs(ports: InputPorts): Record<string, unknown> {
  return Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, writeInput(port)]));
}

/** YAML calls the default of data `default` where a component declares it. */
function writeInput({ type, fields }: InputPort): Record<string, unknown> {
  const { path, ...rest } = fields;
  return { type, ...rest, ...(path === undefined ? {} : { default: path }) };
}

export function writeOutputs(ports: OutputPorts): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(ports).map(([name, { type, fields }]) => [name, { type, ...fields }]),
  );
}

/** Without fields that nobody set. */
export function compact(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && !isEmpty(value)),
  );
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  const isMapping = typeof value === "object" && value?.constructor === Object;
  return isMapping && Object.keys(value as object).length === 0;
}
