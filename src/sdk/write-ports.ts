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
    Object.entries(fields).filter(
      ([, value]) =>
        value !== undefined &&
        !(typeof value === "object" && value !== null && Object.keys(value).length === 0),
    ),
  );
}
