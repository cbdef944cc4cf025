// One value given to an input: a literal, data, or a binding to the pipeline's inputs or to another node's output; each
// checked against what the input declares. Knows nothing of which inputs a node must have.

import { DATA_REFERENCE_FORMS, parseDataReference } from "../data-reference.ts";
import type { DataType, InputSource, PortMode } from "../graph.ts";
import type { Literal, LiteralKind } from "../literal.ts";
import type { Place } from "../problem-at.ts";
import { type ReferencePart, soleReference } from "../template.ts";
import { getSet, getText, getWord, isNull, type TreeNode, type TreeScalar } from "../tree.ts";
import { type DeclaredInput, dataType, isDataType, isLiteralKind, modeOf } from "./component.ts";
import { holdsParentBinding, joinedText } from "./joined-text.ts";
import { convertGiven, literalOf } from "./literal-value.ts";
import type { LoadContext } from "./load-context.ts";
import { outputType, outputValue, resolveOutput } from "./made-outputs.ts";
import { nearNode, parentInput, type ResolvedInput, type Scope } from "./scope.ts";

/** What the value stands for. `scope` is the pipeline that bindings look into; null for a job's own inputs. */
export interface ValueOrder {
  readonly name: string;
  readonly value: TreeNode;
  readonly declared: DeclaredInput | null;
  readonly scope: Scope | null;
  /** Folder that relative paths start from. */
  readonly base: string;
}

/** The input, null after reporting a mistake; a source of kind `unset` means that nothing is there. */
export function bindValue(order: ValueOrder, context: LoadContext): ResolvedInput | null {
  const { value } = order;
  if (isNull(value)) return unset(order, null);
  if (value.kind === "scalar") return bindScalar(order, value, noWishes, context);
  // A list is no input at all: the field table has reported it.
  if (value.kind === "list") return null;
  const word = getWord(value, "type") ?? "";
  const type = isDataType(word) || isLiteralKind(word) ? word : null;
  const wishes = { type, mode: modeOf(value) };
  const at = getSet(value, "path");
  if (at?.kind === "scalar") return bindPath(order, at, wishes, context);
  // Of another shape it is no value, which the field table has reported as well.
  if (at !== null) return null;
  for (const key of ["value", "default"]) {
    const literal = getSet(value, key);
    if (literal === null) continue;
    if (literal.kind !== "scalar") return null;
    if (key === "value" && type === null) warnCut(order.name, literal, context);
    return bindScalar(order, literal, wishes, context);
  }
  return unset(order, type);
}

/** Azure ML's client makes 0 of `{value: 0.5}`: a file that trains here would learn nothing there. */
function warnCut(name: string, scalar: TreeScalar, context: LoadContext): void {
  if (scalar.type !== "number") return;
  const { text } = literalOf(scalar);
  const message = `the input \`${name}\` is ${text} here; Azure ML's client reads \`value\` as a whole number`;
  context.warn(
    scalar,
    "value_cut_by_azure",
    message,
    `Write the number alone: \`${name}: ${text}\`.`,
  );
}

/** Type and mode that the user wrote beside the path. */
interface Wishes {
  readonly type: string | null;
  readonly mode: PortMode | null;
}

const noWishes: Wishes = { type: null, mode: null };

function unset(order: ValueOrder, type: string | null): ResolvedInput {
  const { declared, value } = order;
  const isOptional = /^true$/i.test(getText(value, "optional") ?? "");
  const written = type !== null && isLiteralKind(type) ? type : dataType(type ?? "uri_folder");
  return {
    type: declared?.type ?? written,
    mode: declared?.mode ?? null,
    optional: declared?.optional ?? isOptional,
    source: { kind: "unset" },
    place: value,
    base: order.base,
  };
}

function bindScalar(
  order: ValueOrder,
  scalar: TreeScalar,
  wishes: Wishes,
  context: LoadContext,
): ResolvedInput | null {
  const reference = scalar.type === "string" ? soleReference(scalar.text) : null;
  if (reference !== null && !ANYWHERE.has(reference.target.scope)) {
    return bindReference(order, reference, scalar, wishes, context);
  }
  if (order.scope !== null) warnNearBinding(scalar, context);
  const type = wishes.type !== null && isLiteralKind(wishes.type) ? wishes.type : null;
  const own = literalIn(order, scalar, context);
  if (own === null) return null;
  const literal = type === null ? own : { kind: type, text: own.text };
  const source: InputSource = { kind: "literal", literal };
  const found = { type: literal.kind, mode: wishes.mode, source, base: order.base };
  return accept(order, { ...found, typedBy: "node" }, scalar, context);
}

/** `{{parent.inputs.x}}`, `${parent.inputs.x}`, `$parent.inputs.x`, `parent.inputs.x`, and one with a bracket too few. */
const NEAR = /^\$?\{{0,2}\s*(parent\.(?:inputs\.[\w-]+|jobs\.[\w-]+\.outputs\.[\w-]+))\s*\}{0,2}$/;

/** What was meant as a binding and is none reaches the command as it stands. */
function warnNearBinding(scalar: TreeScalar, context: LoadContext): void {
  // Blanks are taken off beforehand: before a pattern that begins with some, many of them cost quadratic time.
  const text = scalar.type === "string" ? scalar.text.trim() : "";
  const meant = NEAR.exec(text)?.[1];
  if (meant === undefined) return;
  const message = `\`${text}\` is no binding and reaches the command as it stands`;
  context.warn(scalar, "near_reference", message, `Write \`\${{${meant}}}\`.`);
}

/** References that a literal may hold: the engine fills them in when the run has a name. */
const ANYWHERE: ReadonlySet<string> = new Set(["name", "default_datastore"]);

/** The literal, with what it holds of the pipeline's inputs; null after reporting what cannot be in it. */
function literalIn(order: ValueOrder, scalar: TreeScalar, context: LoadContext): Literal | null {
  const isJoined = scalar.type === "string" && holdsParentBinding(scalar.text);
  if (!isJoined) return literalOf(scalar);
  if (order.scope === null) {
    const message = `\`${scalar.text}\` means nothing in an input of the job itself`;
    context.error(scalar, "bad_binding", message, "Give a value or a path.");
    return null;
  }
  const text = joinedText(scalar.text, order.scope, scalar, context);
  return text === null ? null : { kind: "string", text };
}

function bindPath(
  order: ValueOrder,
  at: TreeScalar,
  wishes: Wishes,
  context: LoadContext,
): ResolvedInput | null {
  const reference = soleReference(at.text);
  if (reference !== null) return bindReference(order, reference, at, wishes, context);
  if (holdsParentBinding(at.text)) {
    const message = `the binding in \`${order.name}\` must be the whole value`;
    const hint = "Write nothing before or after `${{…}}`; name what is inside it in the command.";
    context.error(at, "bad_binding", message, hint);
    return null;
  }
  if (order.declared !== null && isLiteralKind(order.declared.type)) {
    const message = `the input \`${order.name}\` is a ${order.declared.type}, not data`;
    context.error(at, "wrong_type", message, "Write the value itself instead of a mapping.");
    return null;
  }
  const source = dataSource(at.text, order.base, at, context);
  if (source === null) return null;
  const type = wishes.type === null ? null : dataType(wishes.type);
  const local = localKind(source, type, context);
  const guessed = local === "file" ? "uri_file" : "uri_folder";
  if (type !== null && local !== null) warnLocalKind(order.name, type, local, at, context);
  const found = { type: type ?? guessed, mode: wishes.mode, source, base: order.base };
  const typedBy = type !== null ? "node" : local;
  return accept(order, { ...found, typedBy }, at, context);
}

/** The data that a path names; reports what is no reference and what is not there. */
export function dataSource(
  text: string,
  base: string,
  place: Place | null,
  context: LoadContext,
): InputSource | null {
  const parsed = parseDataReference(text, base);
  if ("mistake" in parsed) {
    context.error(place, "bad_data_reference", parsed.mistake, DATA_REFERENCE_FORMS);
    return null;
  }
  const { reference } = parsed;
  if (reference.kind === "local" && context.kind(reference.path) === null) {
    const message = `there is nothing at \`${reference.path}\``;
    const ways =
      "Put it there, or write another path: paths are relative to the file that names them.";
    context.lack(reference.path, place, "missing_path", message, () =>
      context.pathHint(text, reference.path, ways),
    );
  }
  return { kind: "data", reference };
}

function localKind(
  source: InputSource,
  type: DataType | null,
  context: LoadContext,
): "file" | "folder" | null {
  if (source.kind !== "data" || source.reference.kind !== "local") return null;
  const { path } = source.reference;
  // A folder where a file is wanted is found again whenever the data is identified; anything else only here.
  return type === "uri_file" ? context.kind(path) : context.kindThatCounts(path);
}

function warnLocalKind(
  name: string,
  type: DataType,
  local: "file" | "folder",
  place: Place,
  context: LoadContext,
): void {
  const wantsFile = type === "uri_file";
  const wantsFolder = type === "uri_folder" || type === "mltable";
  if ((!wantsFile || local === "file") && (!wantsFolder || local === "folder")) return;
  const message = `the input \`${name}\` is a ${type}, but its path is a ${local}`;
  const hint = `Write \`type: ${local === "file" ? "uri_file" : "uri_folder"}\`.`;
  context.warn(place, "type_mismatch", message, hint);
}

function bindReference(
  order: ValueOrder,
  part: ReferencePart,
  place: Place,
  wishes: Wishes,
  context: LoadContext,
): ResolvedInput | null {
  const { scope } = order;
  const { target } = part;
  if (scope === null) {
    const message = `\`${part.raw}\` means nothing in an input of the job itself`;
    context.error(place, "bad_binding", message, "Give a value or a path.");
    return null;
  }
  if (target.scope === "parent_inputs") {
    return bindParentInput(order, scope, target.name, place, wishes, context);
  }
  if (target.scope === "parent_jobs") {
    return bindOutput(order, scope, target.job, target.output, place, wishes, context);
  }
  const message = `\`${part.raw}\` is not what an input can be bound to`;
  const near = withoutParent(part, scope);
  const hint =
    near === null
      ? "Write `${{parent.inputs.x}}` or `${{parent.jobs.node.outputs.x}}`."
      : `Did you mean \`\${{${near}}}\`?`;
  context.error(place, "bad_binding", message, hint);
  return null;
}

/** What a binding that lacks `parent.` most likely means, or null. */
function withoutParent({ text, target }: ReferencePart, scope: Scope): string | null {
  const job = /^jobs\.([^.]+)\.outputs\.[^.]+$/.exec(text)?.[1];
  const isKnown =
    (job !== undefined && scope.nodes.has(job)) ||
    (target.scope === "inputs" && scope.inputs.has(target.name));
  return isKnown ? `parent.${text}` : null;
}

function bindParentInput(
  order: ValueOrder,
  scope: Scope,
  name: string,
  place: Place,
  wishes: Wishes,
  context: LoadContext,
): ResolvedInput | null {
  const input = parentInput(name, scope, place, context);
  if (input === null) return null;
  const own = wishes.type !== null && isDataType(wishes.type) ? dataType(wishes.type) : null;
  const { source, base } = input;
  // A component says itself which of its inputs may stay empty.
  if (order.declared === null && source.kind === "unset" && !input.optional) {
    const message = `\`${order.name}\` is bound to \`\${{parent.inputs.${name}}}\`, which has no value`;
    const hint = `Set the pipeline's input, run with \`--input ${name}=…\`, or declare it \`optional: true\`.`;
    context.error(place, "missing_input", message, hint);
    return null;
  }
  const typedBy = own === null ? "pipeline" : "node";
  const mode = wishes.mode ?? input.mode;
  return accept(order, { type: own ?? input.type, mode, source, base, typedBy }, place, context);
}

function bindOutput(
  order: ValueOrder,
  scope: Scope,
  job: string,
  output: string,
  place: Place,
  wishes: Wishes,
  context: LoadContext,
): ResolvedInput | null {
  const node = scope.nodes.get(job);
  if (node === undefined) {
    // A node that is no mapping is reported where it stands.
    if (scope.broken.has(job)) return null;
    const message = `the pipeline has no node \`${job}\``;
    context.error(place, "unknown_node", message, () => nearNode(job, scope));
    return null;
  }
  const made = resolveOutput(node, output, place, context);
  if (made === null) return null;
  const data = wishes.type === null ? outputType(made.node, made.output) : dataType(wishes.type);
  const type = outputValue(made.node, made.output) ?? data;
  const source: InputSource = { kind: "step", step: made.node.path, output: made.output };
  // Of a component that nobody can read nobody knows what it makes.
  const typer = made.node.anyOutput ? null : "output";
  const typedBy = wishes.type === null ? typer : "node";
  return accept(
    order,
    { type, mode: wishes.mode, source, base: order.base, typedBy },
    place,
    context,
  );
}

interface Found {
  readonly type: DataType | LiteralKind;
  readonly mode: PortMode | null;
  readonly source: InputSource;
  readonly base: string;
  /** Who says the type: the node itself, what lies at its path, the pipeline's input, the output; null: it is guessed. */
  readonly typedBy: "node" | "file" | "folder" | "pipeline" | "output" | null;
}

/** What was found, as the declared input takes it. */
function accept(
  order: ValueOrder,
  found: Found,
  place: Place | null,
  context: LoadContext,
): ResolvedInput | null {
  const { declared, name } = order;
  const { source } = found;
  const isUnset = source.kind === "unset";
  if (declared === null) {
    const { type, mode, base } = found;
    return { type, mode, optional: isUnset, source, place, base };
  }
  const { optional } = declared;
  const isTaken = declared.isAnyData === true && !isLiteralKind(found.type);
  const type = isTaken ? found.type : declared.type;
  const rest = { type, mode: found.mode ?? declared.mode, optional, place, base: found.base };
  if (isUnset) return { ...rest, source };
  if (isLiteralKind(type)) {
    if (source.kind === "step" && isLiteralKind(found.type)) return { ...rest, source };
    if (source.kind !== "literal") {
      const message = `the input \`${name}\` is a ${type}, but it is given data`;
      context.error(place, "wrong_type", message, "Bind it to a value, or declare it as data.");
      return null;
    }
    const literal = convertGiven(declared, source.literal, place, context);
    return literal === null ? null : { ...rest, source: { kind: "literal", literal } };
  }
  if (source.kind === "literal") return literalAsData(declared, source, rest, context);
  warnTypes(name, found, type, place, context);
  return { ...rest, source };
}

/** A text given to a data input is the path of the data. */
function literalAsData(
  declared: DeclaredInput,
  source: Extract<InputSource, { kind: "literal" }>,
  rest: Omit<ResolvedInput, "source">,
  context: LoadContext,
): ResolvedInput | null {
  const { literal } = source;
  if (literal.kind !== "string") {
    const message = `the input \`${declared.name}\` is a ${declared.type}, not the value \`${literal.text}\``;
    const hint = `Write \`{type: ${declared.type}, path: …}\`.`;
    context.error(rest.place, "wrong_type", message, hint);
    return null;
  }
  const data = dataSource(literal.text, rest.base, rest.place, context);
  return data === null ? null : { ...rest, source: data };
}

// Real files pass files as folders and folders as tables, and run on Azure: so this is never an error.
function warnTypes(
  name: string,
  { type, typedBy }: Pick<Found, "type" | "typedBy">,
  declared: DataType,
  place: Place | null,
  context: LoadContext,
): void {
  const asFolder = declared === "uri_folder" && type !== "uri_file";
  if (typedBy === null || type === declared || asFolder || isLiteralKind(type)) return;
  const message = `the input \`${name}\` is a ${declared}, but it is given a ${type}`;
  const hint = `Declare the input as \`${type}\`, or ${WAYS[typedBy](declared)}.`;
  context.warn(place, "type_mismatch", message, hint);
}

const asWritten = (type: DataType): string => `write \`type: ${type}\``;

/** How else the two become of one type. */
const WAYS: Readonly<Record<NonNullable<Found["typedBy"]>, (declared: DataType) => string>> = {
  node: asWritten,
  file: (type) => (/folder|mltable/.test(type) ? "name a folder" : asWritten(type)),
  folder: (type) => (type === "uri_file" ? "name a file" : asWritten(type)),
  pipeline: (type) => `the pipeline's input as \`${type}\``,
  output: (type) => `the output as \`${type}\``,
};
