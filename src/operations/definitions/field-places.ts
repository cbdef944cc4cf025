// Where in its file a field of a step stands. Graphs keep the place of a step alone, for there may be 100,000; so a file is
// read again once something in it is wrong, and only then.

import path from "node:path";
import { readText } from "../../ports/read-file.ts";
import { localPath } from "../../spec/data-reference.ts";
import type { Graph, StepNode } from "../../spec/graph.ts";
import { SPEC_LIMITS, type SpecLimits } from "../../spec/limits.ts";
import type { Position } from "../../spec/problem.ts";
import { readTree } from "../../spec/read-tree.ts";
import {
  get,
  getMapping,
  positionOf,
  type TreeEntry,
  type TreeNode,
  textOf,
} from "../../spec/tree.ts";

/** Which field of a step, such as `["inputs", "raw"]`. */
export type Field = readonly string[];

/** What the command line gives: it stands in no file. */
export interface GivenOptions {
  readonly set: readonly { readonly path: string }[];
  readonly inputs: Readonly<Record<string, string>>;
}

/** Places of fields; null where the file has nothing there that the message speaks of: a component or an option gave it. */
export interface FieldPlaces {
  of(step: StepNode, field: Field, message: string): Position | null;
  /** The option that gave it, as typed: `--input raw`; null where none did. */
  option(step: StepNode, field: Field): string | null;
  /** Of a field of the job itself; `message` null: whatever it says. */
  ofJob(graph: Graph, field: Field, message: string | null): Position | null;
  /** As the step's own file has it, whatever a message says. */
  field(step: StepNode, field: Field): Position | null;
  /** Of a part of the step's command, by its offset there; also in a component's file. */
  inCommand(step: StepNode, offset: number): Position | null;
}

export function createFieldPlaces(
  limits: Partial<SpecLimits>,
  given: GivenOptions = { set: [], inputs: {} },
): FieldPlaces {
  const files = new Map<string, FileNodes>();
  const nodesOf = (file: string): FileNodes => {
    const known = files.get(file) ?? readNodes(file, { ...SPEC_LIMITS, ...limits });
    files.set(file, known);
    return known;
  };
  const nodeOf = ({ position }: StepNode): TreeNode | null =>
    position === null
      ? null
      : (nodesOf(position.file).nodes.get(`${position.line}:${position.column}`) ?? null);
  const commandOf = (step: StepNode): TreeNode | null => {
    const node = nodeOf(step);
    const component = get(node, "component");
    const file = componentFile(step, textOf(component));
    return get(file === null ? (component ?? node) : nodesOf(file).root, "command");
  };
  return {
    field(step, field) {
      const value = at(nodeOf(step), field);
      return value === null ? null : positionOf(value);
    },
    inCommand(step, offset) {
      const command = commandOf(step);
      // An option of the command line may have set another one.
      return command === null || textOf(command) !== step.command
        ? null
        : placeInText(command, step.command ?? "", offset);
    },
    of({ position, parent }, field, message) {
      if (position === null) return null;
      const { root, nodes } = nodesOf(position.file);
      const node = nodes.get(`${position.line}:${position.column}`) ?? null;
      const value = at(node, field);
      const named = parent === null && node !== root ? inputOfPipeline(value) : null;
      const given = named === null ? null : at(root, ["inputs", named]);
      return placeOf(given, message) ?? placeOf(value, message);
    },
    option(step, field) {
      const own = setOf(given, setPath(step, field));
      if (own !== null || field[0] !== "inputs" || step.parent !== null) return own;
      const input = step.path === "." ? field[1] : inputOfPipeline(at(nodeOf(step), field));
      if (input === null || input === undefined) return null;
      return Object.hasOwn(given.inputs, input)
        ? `--input ${input}`
        : setOf(given, `inputs.${input}`);
    },
    ofJob({ steps, pipelines }, field, message) {
      const first = [...steps, ...pipelines].find(({ parent }) => parent === null);
      const file = first?.position?.file;
      if (file === undefined) return null;
      const value = at(nodesOf(file).root, field);
      if (message !== null) return placeOf(value, message);
      return value === null ? null : positionOf(value);
    },
  };
}

/** A field of a step as `--set` names it. */
function setPath({ path: at }: StepNode, field: Field): string {
  const front = at === "." ? "" : `jobs.${at.replaceAll(".", ".jobs.")}.`;
  return front + field.join(".");
}

/** The last `--set` that gives the field, what it lies in, or its path. */
function setOf({ set }: GivenOptions, field: string): string | null {
  const gives = (option: string): boolean =>
    `${field}.`.startsWith(`${option}.`) || option === `${field}.path`;
  const found = set.findLast(({ path: option }) => gives(option));
  return found === undefined ? null : `--set ${found.path}`;
}

/** Null for a component that is no file, and for a step without one. */
function componentFile({ position }: StepNode, named: string | null): string | null {
  if (named === null || position === null || /^azureml:/.test(named)) return null;
  return localPath(named, path.dirname(position.file));
}

/** Lines of a text are folded and indented in a file, references are not: the same one is looked for there. */
function placeInText(node: TreeNode, text: string, offset: number): Position | null {
  const reference = /^\$\{\{.*?\}\}/s.exec(text.slice(offset))?.[0];
  if (reference === undefined || node.source === null) return positionOf(node);
  const earlier = text.slice(0, offset).split(reference).length - 1;
  let found = node.offset - 1;
  for (let count = 0; count <= earlier; count += 1)
    found = node.source.text.indexOf(reference, found + 1);
  return positionOf(found < 0 ? node : { source: node.source, offset: found });
}

interface FileNodes {
  readonly root: TreeNode | null;
  /** By line and column of the key that a step has as its place. */
  readonly nodes: ReadonlyMap<string, TreeNode>;
}

function readNodes(file: string, limits: SpecLimits): FileNodes {
  const nodes = new Map<string, TreeNode>();
  const root = rootOf(file, limits);
  const add = ({ key, value }: TreeEntry): void => {
    const place = positionOf(key);
    if (place !== null) nodes.set(`${place.line}:${place.column}`, value);
    for (const inner of getMapping(value, "jobs")?.entries.values() ?? []) add(inner);
  };
  // A job of one step has the place of its first key.
  const first = root?.kind === "mapping" ? root.entries.values().next().value : undefined;
  if (root !== null && first !== undefined) add({ key: first.key, value: root });
  return { root, nodes };
}

function rootOf(file: string, limits: SpecLimits): TreeNode | null {
  try {
    return readTree(readText(file), file, limits).root;
  } catch {
    // It is gone since it was read.
    return null;
  }
}

function at(node: TreeNode | null, field: Field): TreeNode | null {
  return field.reduce<TreeNode | null>(get, node);
}

/** Of `${{parent.inputs.raw}}` the `raw`. */
function inputOfPipeline(value: TreeNode | null): string | null {
  const text = textOf(value) ?? textOf(get(value, "path")) ?? "";
  return /^\s*\$\{\{\s*parent\.inputs\.([^\s{}]+)\s*\}\}\s*$/.exec(text)?.[1] ?? null;
}

/** Of an input its path, which is what is wrong. */
function placeOf(value: TreeNode | null, message: string): Position | null {
  const place = get(value, "path") ?? value;
  if (place === null) return null;
  const written = textOf(place)?.replace(/^(azureml:\/\/.*)\/(?:versions|labels)\/[^/]+$/, "$1");
  const last = written?.split("/").at(-1) ?? "";
  const [whole, name] = [last.replace(/^azureml:/, ""), last.replace(/^azureml:|[:@].*$/g, "")];
  const owner = /^azureml:\/\/.*?(?:datastores|jobs)\/([^/]+)/.exec(written ?? "")?.[1];
  // A message that names no version speaks of any.
  const isMeant =
    message.includes(message.includes(`${name}:`) ? whole : name) ||
    (owner !== undefined && `${message} `.includes(` ${owner} `));
  return isMeant ? positionOf(place) : null;
}
