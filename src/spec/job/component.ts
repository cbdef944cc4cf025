// A step definition as a node sees it: its type, its tree, and the inputs and outputs that it declares. Knows nothing
// of the nodes that use it.

import { checkFields } from "../fields/check-fields.ts";
import { commandComponent } from "../fields/command-component.ts";
import { dataTransferComponent } from "../fields/data-transfer.ts";
import type { FieldTable } from "../fields/field.ts";
import { laterComponents } from "../fields/later-components.ts";
import { pipelineComponent } from "../fields/pipeline-component.ts";
import type { DataType, PortMode, StepType } from "../graph.ts";
import type { Literal, LiteralKind } from "../literal.ts";
import type { Place } from "../problem-at.ts";
import {
  get,
  getMapping,
  getSet,
  getText,
  getWord,
  isMisshapen,
  type TreeEntry,
  type TreeMapping,
  type TreeScalar,
} from "../tree.ts";
import { checkCommand, type KnownInputs } from "./check-command.ts";
import { bareFields, componentTypeOf } from "./component-type.ts";
import { boundOf, checkBounds, checkLimits, convertDefault } from "./literal-value.ts";
import type { LoadContext } from "./load-context.ts";
import { checkPortNames, warnOfEqualNames } from "./port-name.ts";

export interface DeclaredInput {
  readonly name: string;
  readonly type: DataType | LiteralKind;
  readonly optional: boolean;
  /** `type: path`: a file fits as well as a folder. */
  readonly isAnyData?: boolean;
  /** The default of a literal input, already converted to its type. */
  readonly literal: Literal | null;
  /** The default of a data input: a path as written. */
  readonly path: TreeScalar | null;
  readonly mode: PortMode | null;
  readonly minimum: string | null;
  readonly maximum: string | null;
  readonly values: readonly string[] | null;
  readonly place: Place;
}

export interface DeclaredOutput {
  readonly name: string;
  readonly type: DataType;
  readonly mode: PortMode | null;
  /** The kind of an output that is a value, as `if_else` decides on; absent for files and folders. */
  readonly value?: LiteralKind;
  readonly place: Place;
}

export interface Component {
  readonly type: StepType | "pipeline";
  readonly tree: TreeMapping;
  /** Absolute folder that its relative paths start from. */
  readonly base: string;
  /** Absolute path of its definition file; null for a registered one or one written inline. */
  readonly file: string | null;
  /** `name:version` of a registered component, else null. */
  readonly reference: string | null;
  readonly inputs: ReadonlyMap<string, DeclaredInput>;
  readonly outputs: ReadonlyMap<string, DeclaredOutput>;
}

/** Checks a component's own fields and reads its ports. Null when its type is unknown. */
export function readComponent(
  tree: TreeMapping,
  where: Pick<Component, "base" | "file" | "reference">,
  context: LoadContext,
): Component | null {
  const type = componentTypeOf(tree);
  if (type === null) {
    const hint =
      "Known types: `command`, `pipeline`, `parallel`, `spark`, `data_transfer`, `import`.";
    const message = `\`${getText(tree, "type") ?? "no type"}\` is not a type of component`;
    context.error(get(tree, "type") ?? tree, "unknown_kind", message, hint);
    return null;
  }
  checkFields(tree, tableOf(type), context.report);
  if (["inputs", "outputs"].some((field) => isMisshapen(tree, field))) return null;
  checkPortNames(getMapping(tree, "inputs"), "input", context);
  checkPortNames(getMapping(tree, "outputs"), "output", context);
  warnOfEqualNames(getMapping(tree, "inputs"), "input", context);
  warnOfEqualNames(getMapping(tree, "outputs"), "output", context);
  const inputs = readInputs(tree, type === "flow", context);
  const outputs = type === "flow" ? new Map() : readOutputs(tree);
  const known = knownInputs(tree, inputs);
  if (type === "command") checkCommand(tree, known, outputs, context);
  // What is asked of inputs that nobody knows would only follow from that.
  if (inputs.size < known.size) return null;
  return { type: type === "flow" ? "parallel" : type, tree, ...where, inputs, outputs };
}

/** All that it declares, also what could not be read, which is reported: the command may name it. */
function knownInputs(tree: TreeMapping, read: ReadonlyMap<string, DeclaredInput>): KnownInputs {
  const names = getMapping(tree, "inputs")?.entries.keys() ?? [];
  return new Map([...names].map((name) => [name, read.get(name) ?? { optional: false }]));
}

/** A prompt flow: it takes columns of a table by any name, and its outputs are its own affair. */
export function isFlow(component: Component): boolean {
  return component.type === "parallel" && !component.tree.entries.has("task");
}

function tableOf(type: NonNullable<ReturnType<typeof componentTypeOf>>): FieldTable {
  if (type === "command") return commandComponent;
  if (type === "data_transfer") return dataTransferComponent;
  return laterComponents[type] ?? pipelineComponent;
}

function readInputs(
  tree: TreeMapping,
  flow: boolean,
  context: LoadContext,
): ReadonlyMap<string, DeclaredInput> {
  const inputs = new Map<string, DeclaredInput>();
  for (const [name, entry] of getMapping(tree, "inputs")?.entries ?? []) {
    const input = flow ? flowInput(name, entry) : readInput(name, entry, context);
    if (input !== null) inputs.set(name, input);
  }
  return inputs;
}

/** One input as it is declared; null where it is no mapping of a known type. */
export function readInput(
  name: string,
  entry: TreeEntry,
  context: LoadContext,
): DeclaredInput | null {
  const { value } = entry;
  if (value.kind !== "mapping") return null;
  const type = getText(value, "type") ?? "";
  const given = getSet(value, "default");
  const scalar = given?.kind === "scalar" ? given : null;
  const place = entry.key;
  const optional = /^true$/i.test(getText(value, "optional") ?? "");
  const bare = { name, optional, mode: modeOf(value), ...bareFields, place };
  if (type === "path")
    return { ...bare, type: "uri_folder", isAnyData: true, literal: null, path: scalar };
  if (isDataType(type)) return { ...bare, type: dataType(type), literal: null, path: scalar };
  if (!isLiteralKind(type)) return null;
  const list = getSet(value, "enum");
  const input: DeclaredInput = {
    ...bare,
    type,
    literal: scalar === null ? null : convertDefault(name, scalar, type, context),
    minimum: boundOf(name, value, type, "min", context),
    maximum: boundOf(name, value, type, "max", context),
    values:
      list?.kind === "list"
        ? list.items.flatMap((item) => (item.kind === "scalar" ? [item.text] : []))
        : null,
  };
  if (!checkLimits(input, value, context)) return { ...input, minimum: null, maximum: null };
  if (input.literal !== null) checkBounds(input, input.literal, scalar, context);
  return input;
}

// A flow's ports are scalars of its own language; what feeds them is a column of a table.
function flowInput(name: string, entry: TreeEntry): DeclaredInput {
  return {
    name,
    type: "string",
    optional: true,
    mode: null,
    literal: null,
    ...bareFields,
    place: entry.key,
  };
}

function readOutputs(tree: TreeMapping): ReadonlyMap<string, DeclaredOutput> {
  const outputs = new Map<string, DeclaredOutput>();
  for (const [name, entry] of getMapping(tree, "outputs")?.entries ?? []) {
    const type = getText(entry.value, "type") ?? "uri_folder";
    const mode = entry.value.kind === "mapping" ? modeOf(entry.value) : null;
    const value = isLiteralKind(type) ? { value: type } : {};
    outputs.set(name, { name, type: dataType(type), mode, ...value, place: entry.key });
  }
  return outputs;
}

export function isLiteralKind(type: string): type is LiteralKind {
  return type === "string" || type === "integer" || type === "number" || type === "boolean";
}

/** The type of data that a word means; `path`, from older files, is a folder. */
export function dataType(word: string): DataType {
  return DATA_TYPES.find((type) => type === word) ?? "uri_folder";
}

export function isDataType(word: string): boolean {
  return word === "path" || DATA_TYPES.some((type) => type === word);
}

export function modeOf(mapping: TreeMapping): PortMode | null {
  const word = getWord(mapping, "mode");
  return MODES.find((mode) => mode === word) ?? null;
}

const DATA_TYPES: readonly DataType[] = [
  "uri_file",
  "uri_folder",
  "mltable",
  "custom_model",
  "mlflow_model",
  "triton_model",
];

const MODES: readonly PortMode[] = [
  "ro_mount",
  "rw_mount",
  "mount",
  "download",
  "upload",
  "direct",
  "eval_mount",
  "eval_download",
];
