// The inputs of the job itself: what its file says, overridden by `--input`. Knows nothing of nodes.

import { namesInWords, suggestion } from "../did-you-mean.ts";
import type { Place } from "../problem-at.ts";
import {
  getMapping,
  getSet,
  getWord,
  type TreeMapping,
  type TreeNode,
  type TreeScalar,
} from "../tree.ts";
import { resolvePlainScalar } from "../yaml-scalar.ts";
import { isAsDeclared, isFitting } from "./as-declared.ts";
import { bindDeclared, type GivenInputs } from "./bind-inputs.ts";
import { bindValue } from "./bind-value.ts";
import { type Component, type DeclaredInput, isDataType, isLiteralKind } from "./component.ts";
import type { LoadContext } from "./load-context.ts";
import { checkPortNames } from "./port-name.ts";
import type { ResolvedInput } from "./scope.ts";

/** The job's inputs by name; null marks one whose mistake is reported. */
export function jobInputs(
  tree: TreeMapping,
  component: Component | null,
  base: string,
  context: LoadContext,
): Map<string, ResolvedInput | null> {
  const entries = getMapping(tree, "inputs")?.entries ?? new Map<string, never>();
  checkPortNames(getMapping(tree, "inputs"), "input", context);
  const given = new Map<string, { readonly value: TreeNode; readonly base: string }>();
  for (const [name, { value }] of entries) given.set(name, { value, base });
  applyOptions(given, { tree, component, base }, context);
  if (component === null) return bindFree(given, context);
  for (const [name, { key }] of entries) {
    if (component.inputs.has(name)) continue;
    const known = [...component.inputs.keys()];
    const hint = suggestion(name, known, `Its inputs: ${namesInWords(known)}.`);
    context.warn(key, "unknown_input", `the pipeline component has no input \`${name}\``, hint);
  }
  const what = "the pipeline";
  const declared = component.inputs;
  const later = new Set<string>();
  const from = { base: component.base, what, place: tree, later, scope: null, isOwn: true };
  return bindDeclared({ declared, given, ...from }, context);
}

function bindFree(given: GivenInputs, context: LoadContext): Map<string, ResolvedInput | null> {
  const bound = new Map<string, ResolvedInput | null>();
  for (const [name, { value, base }] of given) {
    const isRight = isAsDeclared(name, value, context);
    const order = { name, value, declared: null, scope: null, base };
    bound.set(name, isRight ? bindValue(order, context) : null);
  }
  return bound;
}

function applyOptions(
  given: Map<string, { readonly value: TreeNode; readonly base: string }>,
  job: { readonly tree: TreeMapping; readonly component: Component | null; readonly base: string },
  context: LoadContext,
): void {
  const { tree, component, base } = job;
  const known = [...given.keys(), ...(component?.inputs.keys() ?? [])];
  for (const [name, text] of Object.entries(context.options.inputs)) {
    if (!known.includes(name)) {
      const ofStep = inputOfStep(tree, name, text);
      const hint = suggestion(name, known, ofStep ?? `Its inputs: ${namesInWords(known)}.`);
      context.error(placeOf(name), "unknown_input", `the job has no input \`${name}\``, hint);
      continue;
    }
    const current = given.get(name)?.value ?? null;
    const declared = component?.inputs.get(name);
    const type = declared === undefined ? currentType(current) : declaredType(declared);
    const from = context.options.currentFolder ?? base;
    const value = optionValue({ name, text }, type, current);
    // What is told here is not told again where the input is passed on.
    if (component === null && !isFitting(name, value, current, context)) continue;
    given.set(name, { value: asWritten(value, current), base: from });
  }
}

/** How the input of a step is set, which is none of the pipeline's; null where no step has one of that name. */
function inputOfStep(tree: TreeMapping, name: string, text: string): string | null {
  const steps = getMapping(tree, "jobs");
  const owns = (step: string): boolean =>
    getMapping(getMapping(steps, step), "inputs")?.entries.has(name) ?? false;
  const owner = [...(steps?.entries.keys() ?? [])].find(owns);
  return owner === undefined
    ? null
    : `It is an input of the step \`${owner}\`: \`--set jobs.${owner}.inputs.${name}=${text}\`.`;
}

/** What is said of an input on the command line. */
function placeOf(name: string): Place & { readonly source: null } {
  return { source: null, offset: 0, option: `--input ${name}` };
}

/** Data of any kind: what lies at its path tells which. */
const ANY_DATA = "path";

function declaredType({ type, isAnyData }: DeclaredInput): string {
  return isAnyData === true ? ANY_DATA : type;
}

/** The type that an input has so far; null when nothing tells. */
function currentType(value: TreeNode | null): string | null {
  if (value?.kind === "mapping") {
    const literal = getSet(value, "value") ?? getSet(value, "default");
    return getWord(value, "type") ?? (literal === null ? ANY_DATA : currentType(literal));
  }
  return value?.kind === "scalar" && value.type !== "null" ? value.type : null;
}

/** A value with the type that the file says beside the one that it replaces. */
function asWritten(value: TreeNode, current: TreeNode | null): TreeNode {
  const isTyped = current?.kind === "mapping" && isLiteralKind(getWord(current, "type") ?? "");
  if (value.kind !== "scalar" || !isTyped) return value;
  const { kind, type, text, ...place } = value;
  const key: TreeScalar = { kind: "scalar", type: "string", text: "value", ...place };
  return {
    ...current,
    entries: new Map([...current.entries, ["value", { key, value }]]),
    ...place,
  };
}

function optionValue(
  { name, text }: { readonly name: string; readonly text: string },
  type: string | null,
  current: TreeNode | null,
): TreeNode {
  const place = placeOf(name);
  const string: TreeScalar = { kind: "scalar", type: "string", text, ...place };
  if (type !== null && isDataType(type)) {
    const entries = new Map(current?.kind === "mapping" ? current.entries : []);
    const key: TreeScalar = { ...string, text: "path" };
    const kind: TreeScalar = { ...string, text: type };
    if (type !== ANY_DATA) entries.set("type", { key: { ...string, text: "type" }, value: kind });
    entries.set("path", { key, value: string });
    return { kind: "mapping", entries, ...place };
  }
  if (type === "string") return string;
  const value = resolvePlainScalar(text);
  const isNumberForText = type !== null && !isLiteralKind(type);
  return isNumberForText || value.type === "null" ? string : { ...string, ...value };
}
