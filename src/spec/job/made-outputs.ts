// Which node makes which output of its pipeline, and which step stands behind an output that somebody reads. Knows
// nothing of inputs.

import { namesInWords, suggestion } from "../did-you-mean.ts";
import type { DataType, PortMode } from "../graph.ts";
import type { LiteralKind } from "../literal.ts";
import type { Place } from "../problem-at.ts";
import { soleReference } from "../template.ts";
import {
  getMapping,
  getSet,
  getText,
  getWord,
  isNull,
  type TreeEntry,
  type TreeNode,
  textOf,
} from "../tree.ts";
import { type Component, dataType, modeOf } from "./component.ts";
import type { LoadContext } from "./load-context.ts";
import type { JobNode, ResolvedInput, Scope } from "./scope.ts";

/** Fills `scope.made`: the bindings of its nodes' outputs to outputs of the pipeline. */
export function recordMadeOutputs(scope: Scope, context: LoadContext): void {
  const branches = [...scope.nodes.values()].some((node) => node.type === "if_else");
  for (const node of scope.nodes.values()) {
    for (const [output, entry] of getMapping(node.tree, "outputs")?.entries ?? []) {
      checkListed(node, output, entry, context);
      const name = boundOutput(entry, scope, context);
      if (name === null) continue;
      const place = entry.value;
      if (!hasOutput(scope, name)) {
        const message = `the pipeline has no output \`${name}\``;
        const hint = (): string | null => {
          const known = outputNames(scope);
          return suggestion(
            name,
            known,
            `Add it under \`outputs\`. Declared: ${namesInWords(known)}.`,
          );
        };
        context.error(place, "unknown_output", message, hint);
        continue;
      }
      const other = scope.made.get(name);
      if (other !== undefined && !branches) {
        const message = `\`${other.node.name}\` and \`${node.name}\` both make the output \`${name}\``;
        context.error(place, "output_made_twice", message, "Bind only one of them.");
      }
      scope.made.set(name, { node, output });
    }
  }
}

/** Reports a text where a job lists its own outputs: nothing outside of the job can be named there. */
export function checkOwnOutput(value: TreeNode, hint: string, context: LoadContext): void {
  const text = textOf(value);
  if (text === null) return;
  const message = `\`${text}\` is not what an output of a job can be`;
  context.error(value, "bad_binding", message, hint);
}

/** The name `o` of `${{parent.outputs.o}}`, as the whole value or as its `path`; else null. */
export function parentOutput(value: TreeNode): string | null {
  const text = value.kind === "mapping" ? getText(value, "path") : textOf(value);
  const target = text === null ? null : (soleReference(text)?.target ?? null);
  return target?.scope === "parent_outputs" ? target.name : null;
}

/** The step and output behind an output of a node, or null after reporting why there is none. */
export function resolveOutput(
  node: JobNode,
  output: string,
  place: Place,
  context: LoadContext,
): { readonly node: JobNode; readonly output: string } | null {
  if (node.inner !== null) {
    const made = node.inner.made.get(output);
    if (made !== undefined) return resolveOutput(made.node, made.output, place, context);
    if (!hasOutput(node.inner, output)) return unknownOutput(node, output, place, context);
    const message = `no node inside \`${node.name}\` makes its output \`${output}\``;
    const hint = `Bind an output inside to \`\${{parent.outputs.${output}}}\`.`;
    context.error(place, "unmade_output", message, hint);
    return null;
  }
  if (node.type === "pipeline") return null;
  if (node.component.outputs.has(output)) return { node, output };
  if (output !== "artifacts" && !node.anyOutput && !FREE_OUTPUTS.has(node.type)) {
    return unknownOutput(node, output, place, context);
  }
  node.extraOutputs ??= new Set();
  node.extraOutputs.add(output);
  return { node, output };
}

/** The kind of data of a step's output: its own word, the component's, the pipeline's, else a folder. */
export function outputType(node: JobNode, output: string): DataType {
  const entry = getMapping(node.tree, "outputs")?.entries.get(output);
  const own = entry === undefined ? null : getWord(entry.value, "type");
  const parent = entry === undefined ? null : parentOutput(entry.value);
  const declared = node.inline ? undefined : node.component.outputs.get(output);
  // Azure's client drops the word beside a binding, and makes nothing else of a component's file.
  const isFixed = declared !== undefined && (parent !== null || declared.type === "uri_file");
  if (own !== null && !isFixed) return dataType(own);
  if (declared !== undefined) return declared.type;
  return parent === null ? "uri_folder" : pipelineOutputType(node.scope, parent);
}

/** The kind of an output that is a value; null for files and folders. */
export function outputValue(node: JobNode, output: string): LiteralKind | null {
  return (node.inline ? null : node.component.outputs.get(output)?.value) ?? null;
}

/**
 * How an output is brought to its place: as its own node says, the pipeline's output that it is bound to, the component of
 * that pipeline, else its own component.
 */
export function outputMode(node: JobNode, output: string): PortMode | null {
  const value = getMapping(node.tree, "outputs")?.entries.get(output)?.value;
  const declared = node.inline ? undefined : node.component.outputs.get(output);
  return askedMode(value, node.scope) ?? declared?.mode ?? null;
}

function askedMode(value: TreeNode | undefined, scope: Scope | null): PortMode | null {
  if (value === undefined) return null;
  const own = value.kind === "mapping" ? modeOf(value) : null;
  const parent = parentOutput(value);
  if (own !== null || parent === null || scope === null) return own;
  const outside = scope.outputs?.entries.get(parent)?.value;
  return askedMode(outside, scope.outer) ?? scope.component?.outputs.get(parent)?.mode ?? null;
}

/** What somebody asks of an output, which is called `name` there, and the folder that paths start from. */
export interface OutputRequest {
  readonly name: string;
  readonly value: TreeNode;
  readonly base: string;
}

/** What is asked of an output, from its own node outward. */
export function outputRequests(node: JobNode, output: string): readonly OutputRequest[] {
  const requests: OutputRequest[] = [];
  let scope: Scope | null = node.scope;
  let value = getMapping(node.tree, "outputs")?.entries.get(output)?.value;
  let base = node.scope.base;
  let name = output;
  while (value !== undefined) {
    requests.push({ name, value, base });
    const parent: string | null = parentOutput(value);
    if (parent === null || scope === null) break;
    name = parent;
    value = scope.outputs?.entries.get(parent)?.value;
    base = scope.outputsBase;
    scope = scope.outer;
  }
  return requests;
}

/** What a component says of an output of its own, and the inputs that its words may name. */
export interface OutputDeclaration {
  readonly value: TreeNode;
  readonly component: Component;
  readonly inputs: ReadonlyMap<string, ResolvedInput | null>;
}

/** Of the pipelines whose output it is, the outermost first, then of the step's own component. */
export function outputDeclarations(node: JobNode, output: string): readonly OutputDeclaration[] {
  const found: OutputDeclaration[] = [];
  let scope: Scope | null = node.scope;
  let value = getMapping(node.tree, "outputs")?.entries.get(output)?.value;
  while (value !== undefined && scope !== null) {
    const parent = parentOutput(value);
    if (parent === null) break;
    found.unshift(...declaredIn(scope.component, scope.inputs, parent));
    value = scope.outputs?.entries.get(parent)?.value;
    scope = scope.outer;
  }
  const own = node.inline ? null : node.component;
  return [...found, ...declaredIn(own, node.inputs, output)];
}

function declaredIn(
  component: Component | null,
  inputs: OutputDeclaration["inputs"],
  output: string,
): readonly OutputDeclaration[] {
  const value = getMapping(component?.tree ?? null, "outputs")?.entries.get(output)?.value;
  return component === null || value === undefined ? [] : [{ value, component, inputs }];
}

/** Node types whose outputs follow from their settings, not from a declaration. */
const FREE_OUTPUTS: ReadonlySet<string> = new Set([
  "automl",
  "data_transfer",
  "import",
  "parallel_for",
  "do_while",
  "if_else",
]);

function pipelineOutputType(scope: Scope, name: string): DataType {
  const given = scope.outputs?.entries.get(name)?.value;
  const own = given === undefined ? null : getWord(given, "type");
  if (own !== null) return dataType(own);
  const declared = scope.component?.outputs.get(name);
  if (declared !== undefined) return declared.type;
  const parent = given === undefined ? null : parentOutput(given);
  return parent === null || scope.outer === null
    ? "uri_folder"
    : pipelineOutputType(scope.outer, parent);
}

function boundOutput(entry: TreeEntry, scope: Scope, context: LoadContext): string | null {
  const { value } = entry;
  if (isNull(value)) return null;
  const name = parentOutput(value);
  if (name !== null || value.kind !== "scalar") return name;
  const target = soleReference(value.text)?.target;
  const meant = target?.scope === "outputs" && hasOutput(scope, target.name) ? target.name : null;
  const message = `\`${value.text}\` is not what an output can be`;
  const hint =
    meant === null
      ? "Write nothing, settings (`type`, `mode`, `path`), or `${{parent.outputs.name}}`."
      : `Did you mean \`\${{parent.outputs.${meant}}}\`?`;
  context.error(value, "bad_binding", message, hint);
  return meant;
}

function checkListed(node: JobNode, output: string, entry: TreeEntry, context: LoadContext): void {
  if (node.inline || output === "artifacts") return;
  if (node.component.outputs.has(output)) warnOtherType(node, output, entry, context);
  else if (!FREE_OUTPUTS.has(node.type)) unknownOutput(node, output, entry.key, context);
}

function warnOtherType(
  node: JobNode,
  output: string,
  entry: TreeEntry,
  context: LoadContext,
): void {
  if (node.type === "pipeline" || entry.value.kind !== "mapping") return;
  const written = getSet(entry.value, "type");
  const type = outputType(node, output);
  if (written === null) return;
  if (dataType(getWord(entry.value, "type") ?? "") === type) {
    warnFileOfFolder(node, output, type, { place: written, context });
    return;
  }
  const message = `\`type\` of the output \`${output}\` is not read: its component makes a ${type}`;
  context.warn(written, "not_read", message, "Remove it, or change the component.");
}

/** The command was written for what its component says: it would fail at its very end. */
function warnFileOfFolder(
  node: JobNode,
  output: string,
  type: DataType,
  { place, context }: { readonly place: Place; readonly context: LoadContext },
): void {
  const declared = node.component.outputs.get(output)?.type;
  if (type !== "uri_file" || declared === undefined || declared === "uri_file") return;
  const message = `the output \`${output}\` is a uri_file here, and its component makes a ${declared}`;
  context.warn(place, "type_mismatch", message, `Remove it, or write \`type: ${declared}\`.`);
}

function unknownOutput(node: JobNode, output: string, place: Place, context: LoadContext): null {
  const message = `\`${node.name}\` has no output \`${output}\``;
  const hint = (): string | null => {
    const known = [...node.component.outputs.keys()];
    const otherwise = node.inline
      ? `Add \`outputs: {${output}: {type: uri_folder}}\` to \`${node.name}\`. It has ${namesInWords(known)}.`
      : `Its outputs: ${namesInWords(known)}.`;
    return suggestion(output, known, otherwise);
  };
  context.error(place, "unknown_output", message, hint);
  return null;
}

function hasOutput(scope: Scope, name: string): boolean {
  if (scope.anyOutput) return true;
  if (scope.component !== null) return scope.component.outputs.has(name);
  return scope.outputs?.entries.has(name) ?? false;
}

function outputNames(scope: Scope): readonly string[] {
  return [...(scope.component?.outputs.keys() ?? scope.outputs?.entries.keys() ?? [])];
}
