// Gives every node of a pipeline its inputs: what is set, what has a default, what may stay unset, and what is missing.
// Works from the outside in, because a nested pipeline's inputs come from its caller.

import { didYouMean, namesInWords, suggestion } from "../did-you-mean.ts";
import type { InputSource } from "../graph.ts";
import { soleReference } from "../template.ts";
import { getMapping, getSet, isNull, type TreeEntry, type TreeNode, textOf } from "../tree.ts";
import { isAsDeclared } from "./as-declared.ts";
import { bindValue, dataSource } from "./bind-value.ts";
import { type DeclaredInput, isFlow } from "./component.ts";
import type { LoadContext } from "./load-context.ts";
import { dependsOnValue } from "./run-settings.ts";
import { type JobNode, nearNode, type ResolvedInput, type Scope } from "./scope.ts";

/** Binds the inputs of every node of a pipeline, at any depth. */
export function bindScope(scope: Scope, context: LoadContext): void {
  for (const node of scope.nodes.values()) {
    checkDependsOn(node, context);
    const bound = bindNode(node, context);
    for (const [name, input] of bound) if (input !== null) node.inputs.set(name, input);
    if (node.inner === null) continue;
    for (const [name, input] of bound) node.inner.inputs.set(name, input);
    bindScope(node.inner, context);
  }
}

export type GivenInputs = ReadonlyMap<string, { readonly value: TreeNode; readonly base: string }>;

/** Values against a declaration. `what` is how messages call the thing whose inputs they are. */
export function bindDeclared(
  order: {
    readonly declared: ReadonlyMap<string, DeclaredInput>;
    readonly given: GivenInputs;
    readonly scope: Scope | null;
    /** Folder that paths of defaults start from. */
    readonly base: string;
    readonly what: string;
    /** Where the mistake is when an input is missing altogether. */
    readonly place: TreeNode;
    /** Inputs that something else will set, such as the search space of a sweep. */
    readonly later: ReadonlySet<string>;
    /** Inputs that are not set because their names are mistyped, which is told. */
    readonly mistyped?: ReadonlySet<string>;
    /** Whether what declares them is the user's own file, which can be changed. */
    readonly isOwn: boolean;
  },
  context: LoadContext,
): Map<string, ResolvedInput | null> {
  const bound = new Map<string, ResolvedInput | null>();
  for (const [name, declared] of order.declared) {
    const given = order.given.get(name);
    let input: ResolvedInput | null = unsetInput(declared, order.base);
    if (given !== undefined) {
      const { value, base } = given;
      input = bindValue({ name, value, declared, scope: order.scope, base }, context);
    }
    if (input !== null && input.source.kind === "unset") {
      input = withDefault(input, declared, order.base, context);
      const missing = input.source.kind === "unset" && !declared.optional && !order.later.has(name);
      if (missing) {
        if (!order.mistyped?.has(name))
          reportMissing(declared, given?.value ?? order.place, order, context);
        input = null;
      }
    }
    bound.set(name, input);
  }
  return bound;
}

function bindNode(node: JobNode, context: LoadContext): Map<string, ResolvedInput | null> {
  const given = givenInputs(node);
  if (node.inline || isFlow(node.component)) return bindInline(node, given, context);
  const later = new Set(getMapping(node.tree, "search_space")?.entries.keys() ?? []);
  const mistyped = reportUndeclared(node, node.component.inputs, later, context);
  const declared = node.component.inputs;
  const what = `\`${node.name}\``;
  const { base, reference } = node.component;
  const isOwn = reference === null;
  return bindDeclared(
    { declared, given, scope: node.scope, base, what, place: node.key, later, mistyped, isOwn },
    context,
  );
}

function bindInline(
  node: JobNode,
  given: GivenInputs,
  context: LoadContext,
): Map<string, ResolvedInput | null> {
  const bound = new Map<string, ResolvedInput | null>();
  for (const [name, { value, base }] of given) {
    if (isNull(value)) continue;
    const order = { name, value, declared: null, scope: node.scope, base };
    const input = isAsDeclared(name, value, context) ? bindValue(order, context) : null;
    const isMissing = value.kind === "mapping" && isWithoutValue(input) && !isSearched(node, name);
    if (isMissing) reportNoValue(name, value, context);
    bound.set(name, isMissing ? null : input);
  }
  return bound;
}

/** `{type: uri_file}` alone says what kind of data it is, and not which. */
function isWithoutValue(input: ResolvedInput | null): boolean {
  return input !== null && input.source.kind === "unset" && !input.optional;
}

function isSearched({ tree }: JobNode, name: string): boolean {
  return getMapping(tree, "search_space")?.entries.has(name) ?? false;
}

function reportNoValue(name: string, place: TreeNode, context: LoadContext): void {
  const hint =
    "Give it a `path`, a `value`, or a binding like `${{parent.jobs.node.outputs.x}}`; or declare it `optional: true`.";
  context.error(place, "missing_input", `the input \`${name}\` has no value`, hint);
}

/** The `inputs` of a node, and the fields of other node types through which data flows in. */
function givenInputs(node: JobNode): GivenInputs {
  const given = new Map<string, { readonly value: TreeNode; readonly base: string }>();
  const { base } = node.scope;
  const add = (name: string, value: TreeNode) => given.set(name, { value, base });
  for (const [name, entry] of getMapping(node.tree, "inputs")?.entries ?? [])
    add(name, entry.value);
  for (const name of DATA_FIELDS.get(node.type) ?? []) {
    const value = getSet(node.tree, name);
    if (value !== null && flows(value)) add(name, value);
  }
  return given;
}

const DATA_FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ["automl", ["training_data", "validation_data", "test_data"]],
  ["if_else", ["condition"]],
  ["parallel_for", ["items"]],
]);

function flows(value: TreeNode): boolean {
  if (value.kind === "mapping") return value.entries.has("path");
  const scope = soleReference(textOf(value) ?? "")?.target.scope;
  return scope === "parent_inputs" || scope === "parent_jobs";
}

function unsetInput(declared: DeclaredInput, base: string): ResolvedInput {
  const { type, mode, optional, place } = declared;
  return { type, mode, optional, source: { kind: "unset" }, place, base };
}

function withDefault(
  input: ResolvedInput,
  declared: DeclaredInput,
  base: string,
  context: LoadContext,
): ResolvedInput {
  const { literal, path } = declared;
  if (literal !== null) return { ...input, source: { kind: "literal", literal } };
  const source: InputSource | null =
    path === null ? null : dataSource(path.text, base, path, context);
  return source === null ? input : { ...input, source };
}

function reportMissing(
  declared: DeclaredInput,
  place: TreeNode,
  order: { readonly what: string; readonly scope: Scope | null; readonly isOwn: boolean },
  context: LoadContext,
): void {
  const { name, type } = declared;
  const { what } = order;
  const reference = textOf(place);
  const bound = reference === null ? null : soleReference(reference);
  if (bound?.target.scope === "parent_inputs") {
    const message = `${what} needs the input \`${name}\`, but \`${bound.raw}\` has no value`;
    const hint = `Set the pipeline's input, or run with \`--input ${bound.target.name}=…\`.`;
    context.error(place, "missing_input", message, hint);
    return;
  }
  const message = `${what} needs the input \`${name}\` (${type})`;
  const hint =
    order.scope === null
      ? `Give it a value under \`inputs\`, or run with \`--input ${name}=…\`.`
      : `Add \`${name}\` under \`inputs\`${order.isOwn ? ", or declare it `optional: true`" : ""}.`;
  context.error(place, "missing_input", message, hint);
}

/** Gives the inputs that are not set because their names are mistyped. */
function reportUndeclared(
  node: JobNode,
  declared: ReadonlyMap<string, DeclaredInput>,
  later: ReadonlySet<string>,
  context: LoadContext,
): ReadonlySet<string> {
  const meant = new Set<string>();
  const extra = (getMapping(node.tree, "inputs")?.entries ?? new Map()) as ReadonlyMap<
    string,
    TreeEntry
  >;
  // Asked for where a name is unknown, which few nodes have.
  let lacking: readonly string[] | null = null;
  for (const [name, entry] of extra) {
    if (declared.has(name) || later.has(name)) continue;
    const message = `\`${node.name}\` has no input \`${name}\``;
    const hint = (): string | null =>
      suggestion(name, declared.keys(), `Its inputs: ${namesInWords(declared.keys())}.`);
    lacking ??= [...declared.values()].filter((one) => isLacking(one, extra)).map(nameOf);
    const near = lacking.length === 0 ? null : didYouMean(name, lacking);
    if (near !== null) meant.add(near);
    // Real pipelines pass inputs that a nested pipeline does not have, and Azure lets them.
    if (near === null && node.type === "pipeline")
      context.warn(entry.key, "unknown_input", message, hint);
    else context.error(entry.key, "unknown_input", message, hint);
  }
  return meant;
}

function isLacking(
  { name, optional, literal, path }: DeclaredInput,
  given: ReadonlyMap<string, unknown>,
): boolean {
  return !optional && literal === null && path === null && !given.has(name);
}

function nameOf({ name }: DeclaredInput): string {
  return name;
}

function checkDependsOn(node: JobNode, context: LoadContext): void {
  const value = dependsOnValue(node.tree, context);
  if (value === null) return;
  const items = value.kind === "list" ? value.items : [value];
  for (const item of items) {
    const name = textOf(item);
    if (name === null || node.scope.nodes.has(name) || node.scope.broken.has(name)) continue;
    const message = `the pipeline has no node \`${name}\``;
    context.error(item, "unknown_node", message, () => nodeMeant(name, node.scope));
  }
}

/** `depends_on` takes plain names: a binding is not one, but tells which node was meant. */
function nodeMeant(name: string, scope: Scope): string | null {
  const [, bound] = /^\$\{\{\s*parent\.jobs\.([^.}\s]+)/.exec(name) ?? [];
  if (bound === undefined) return nearNode(name, scope);
  return scope.nodes.has(bound) ? `Write the name alone: \`${bound}\`.` : nearNode(bound, scope);
}
