// TypeScript types of components that are written in YAML or registered, for the SDK's `loadComponent` and `component`:
// with them wrong inputs do not compile.

import fs from "node:fs";
import path from "node:path";
import { parseAssetName } from "../../spec/asset-name.ts";
import { readComponent } from "../../spec/job/component.ts";
import { LoadContext } from "../../spec/job/load-context.ts";
import { SPEC_LIMITS } from "../../spec/limits.ts";
import type { Problem } from "../../spec/problem.ts";
import { readMapping } from "../../spec/read-tree.ts";
import { getMapping, getSet, getText, type TreeMapping, type TreeNode } from "../../spec/tree.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { type ComponentDefinition, fileReader } from "./load-definition.ts";
import { readRegistry } from "./registries.ts";

export interface ComponentTypes {
  /** A declaration file. */
  readonly text: string;
  readonly problems: readonly Problem[];
}

/** `words`: files, or names as `train@latest`; `folder`: where the declaration file will lie. */
export async function componentTypes(
  words: readonly string[],
  workspace: Workspace | null,
  { folder, currentFolder }: { readonly folder: string; readonly currentFolder: string },
): Promise<ComponentTypes | Refusal> {
  const entries: string[] = [];
  const problems: Problem[] = [];
  for (const word of words) {
    const file = path.resolve(currentFolder, word);
    const isFile = fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
    const read = isFile ? readFile(file) : await readRegistered(word, workspace);
    if (read === null)
      return refuse(
        "unknown_component",
        `there is no file and no registered component ${word}`,
        "name YAML files of components, or name@latest, name:version",
      );
    if (isRefusal(read)) return read;
    problems.push(...read.problems);
    if (read.root !== null) entries.push(entryOf(isFile ? written(folder, file) : word, read.root));
  }
  return { text: declarationOf(entries), problems };
}

interface Read {
  readonly root: TreeMapping | null;
  readonly problems: readonly Problem[];
}

/** With all that is wrong with it: types of a mistake would not compile. */
function readFile(file: string): Read {
  const context = new LoadContext({
    file,
    set: [],
    inputs: {},
    compute: null,
    reader: fileReader(),
    knownComputes: null,
    limits: SPEC_LIMITS,
  });
  const root = context.readFile(file, null);
  if (root !== null)
    readComponent(root, { base: path.dirname(file), file, reference: null }, context);
  return { root, problems: context.problems };
}

async function readRegistered(
  word: string,
  workspace: Workspace | null,
): Promise<Read | Refusal | null> {
  const name = parseAssetName(word.startsWith("azureml:") ? word : `azureml:${word}`);
  if (name === null || workspace === null) return null;
  if (name.registry !== null) {
    const { registries } = workspace.config;
    const found = readRegistry(registries, { ...name, registry: name.registry });
    if (found !== null && "missing" in found)
      return refuse("unknown_component", found.missing, found.hint);
    if (found !== null) return readMapping(found.definition, found.place, SPEC_LIMITS);
  }
  const asset = await workspace.records.asset("component", name.name, name.version, name.label);
  if (asset === null) return null;
  return readMapping((JSON.parse(asset.definition) as ComponentDefinition).text, word, SPEC_LIMITS);
}

function written(folder: string, file: string): string {
  const relative = path.relative(folder, file).split(path.sep).join("/");
  return relative.startsWith(".") ? relative : `./${relative}`;
}

function declarationOf(entries: readonly string[]): string {
  return `// Written by \`stepwell types\`: what these components take and make. Write it anew when one of them changes.

import type { InputPort, OutputPort } from "stepwell";

declare module "stepwell" {
  interface KnownComponents {
${entries.join("\n")}
  }
}
`;
}

function entryOf(key: string, tree: TreeMapping): string {
  const inputs = portsOf(tree, "inputs").map(
    ([name, port]) => `${quoted(name)}: ${inputType(port)}`,
  );
  const outputs = portsOf(tree, "outputs").map(
    ([name, port]) => `${quoted(name)}: OutputPort<${quoted(dataType(getText(port, "type")))}>`,
  );
  return `    ${quoted(key)}: {
      readonly inputs: {${block(inputs)}};
      readonly outputs: {${block(outputs)}};
    };`;
}

function block(lines: readonly string[]): string {
  return (
    lines.map((line) => `\n        readonly ${line};`).join("") +
    (lines.length > 0 ? "\n      " : "")
  );
}

function portsOf(tree: TreeMapping, key: string): [string, TreeNode][] {
  const ports = getMapping(tree, key)?.entries ?? [];
  return [...ports].map(([name, entry]) => [name, entry.value]);
}

function inputType(port: TreeNode): string {
  const type = getText(port, "type") ?? "uri_folder";
  const isOptional = /^true$/i.test(getText(port, "optional") ?? "");
  const presence = getSet(port, "default") !== null ? "default" : isOptional ? "unset" : "given";
  const isValue = ["string", "number", "integer", "boolean"].includes(type);
  const kind = isValue ? type : dataType(type);
  return `InputPort<${quoted(kind)}, ${valueType(type, port)}, ${quoted(presence)}>`;
}

function dataType(type: string | null): string {
  return type === null || type === "path" ? "uri_folder" : type;
}

function valueType(type: string, port: TreeNode): string {
  const listed = getSet(port, "enum");
  const words =
    listed?.kind === "list"
      ? listed.items.flatMap((one) => (one.kind === "scalar" ? [one.text] : []))
      : [];
  const numbers = words.map(Number);
  if (type === "number" || type === "integer")
    return numbers.length > 0 && numbers.every(Number.isFinite) ? numbers.join(" | ") : "number";
  if (type === "boolean") return "boolean";
  return type === "string" && words.length > 0 ? words.map(quoted).join(" | ") : "string";
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
