// What a component of a registry takes, makes and is for, with YAML to paste: for the terminal, JSON and reference pages.

import fs from "node:fs";
import path from "node:path";
import { readText } from "../../ports/read-file.ts";
import { get, getMapping, getSet, getText, type TreeMapping, textOf } from "../../spec/tree.ts";
import { componentAddress, type RegistryComponent } from "./registries.ts";

export interface ComponentPort {
  readonly name: string;
  readonly type: string;
  /** Of an input: whether a node has to give it. */
  readonly needed: boolean;
  /** As it is written; null for none. */
  readonly default: string | null;
  /** The only values; empty: any. */
  readonly values: readonly string[];
  readonly description: string | null;
}

export interface DescribedComponent {
  readonly name: string;
  readonly version: string;
  readonly title: string;
  readonly description: string | null;
  /** What `component:` says of it. */
  readonly component: string;
  readonly inputs: readonly ComponentPort[];
  readonly outputs: readonly ComponentPort[];
  /** YAML to paste. */
  readonly example: string;
  readonly file: string;
}

export function describeComponent(registry: string, found: RegistryComponent): DescribedComponent {
  const { name, version, file, tree } = found;
  const inputs = portsOf(tree, "inputs");
  const component = componentAddress(registry, found);
  return {
    name,
    version,
    title: getText(tree, "display_name") ?? name,
    description: getText(tree, "description")?.trim() ?? null,
    component,
    inputs,
    outputs: portsOf(tree, "outputs"),
    example: exampleBeside(file) ?? nodeFor(name, component, inputs),
    file,
  };
}

function portsOf(tree: TreeMapping | null, key: "inputs" | "outputs"): readonly ComponentPort[] {
  return [...(getMapping(tree, key)?.entries ?? [])].map(([name, { value }]) => {
    const given = textOf(getSet(value, "default"));
    const isOptional = /^true$/i.test(getText(value, "optional") ?? "");
    const values = getSet(value, "enum");
    return {
      name,
      type: getText(value, "type") ?? "uri_folder",
      needed: key === "inputs" && given === null && !isOptional,
      default: given,
      values: values?.kind === "list" ? values.items.flatMap((one) => textOf(one) ?? []) : [],
      description: textOf(get(value, "description"))?.trim() ?? null,
    };
  });
}

/** A pipeline beside the definition that uses it. */
function exampleBeside(file: string): string | null {
  const at = path.join(path.dirname(file), "example.yml");
  if (!fs.existsSync(at)) return null;
  return readText(at).replace(/^(#.*|\$schema:.*)\n/gm, "");
}

function nodeFor(name: string, component: string, inputs: readonly ComponentPort[]): string {
  const needed = inputs.filter((one) => one.needed);
  const lines = [
    "jobs:",
    `  ${name}:`,
    `    component: ${component}`,
    ...(needed.length === 0 ? [] : ["    inputs:"]),
    ...needed.map((one) => `      ${one.name}: …  # ${one.type}`),
  ];
  return `${lines.join("\n")}\n`;
}
