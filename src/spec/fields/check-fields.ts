// Checks a mapping of a definition against its table and reports every mistake at its place. Knows nothing of what
// the fields mean together: that is the loader's part.

import { didYouMean, namesInWords, suggestion } from "../did-you-mean.ts";
import type { Problem } from "../problem.ts";
import { problemAt } from "../problem-at.ts";
import { parseDuration } from "../quantity.ts";
import { soleReference } from "../template.ts";
import {
  isNull,
  type TreeEntry,
  type TreeMapping,
  type TreeNode,
  type TreeScalar,
} from "../tree.ts";
import { resolveFloat, resolveInteger } from "../yaml-scalar.ts";
import { earlyKey, earlyMapping } from "./early-forms.ts";
import type { FieldTable, FieldType } from "./field.ts";

export type Report = (problem: Problem) => void;

/** Reports unknown keys, missing required fields and values of the wrong type, at any depth. */
export function checkFields(
  mapping: TreeMapping,
  table: FieldTable,
  report: Report,
  bindings = table.bindings,
): void {
  for (const [written, entry] of mapping.entries) {
    const name = Object.hasOwn(table.fields, written)
      ? written
      : unknownKey(written, mapping, table, report);
    const field = name === null ? undefined : table.fields[name];
    if (name === null || field === undefined || isNull(entry.value)) continue;
    if (bindings && isBinding(entry.value)) continue;
    checkValue(entry.value, field.type, `\`${name}\``, bindings && !PORTS.has(name), report);
  }
  for (const [name, doc] of requiredFields(table)) {
    const value = mapping.entries.get(name)?.value;
    if (value !== undefined && !isNull(value)) continue;
    if (table.unknownKeys === "error" && isMistyped(name, mapping, table)) continue;
    const hint = `Add \`${name}\`: ${doc.charAt(0).toLowerCase()}${doc.slice(1)}`;
    report(problemAt(mapping, "missing_field", `${table.title} needs \`${name}\``, hint));
  }
}

/** What one is bound to is a text; its type and mode are words. */
const PORTS: ReadonlySet<string> = new Set(["inputs", "outputs"]);

/** Checks one value; `name` is how messages call it. */
export function checkValue(
  node: TreeNode,
  expected: FieldType,
  name: string,
  bindings: boolean,
  report: Report,
): void {
  if (isNull(node) || expected.kind === "any") return;
  switch (expected.kind) {
    case "string":
    case "integer":
    case "number":
    case "boolean":
    case "scalar":
      checkScalar(node, expected, name, report);
      return;
    case "map":
      checkMap(node, expected.of, name, bindings, report);
      return;
    case "list":
      checkList(node, expected.of, name, bindings, report);
      return;
    case "record":
      if (node.kind === "mapping") {
        checkFields(node, expected.table(), report, bindings);
        return;
      }
      wrongShape(node, name, "a mapping", report, keysHint(expected.table()));
      return;
    case "tagged":
      checkTagged(node, expected, name, bindings, report);
      return;
    case "oneOf":
      checkAlternatives(node, expected.of, name, bindings, report);
      return;
    default: {
      expected satisfies never;
    }
  }
}

type ScalarFieldType = Extract<
  FieldType,
  { kind: "string" | "integer" | "number" | "boolean" | "scalar" }
>;
type TaggedFieldType = Extract<FieldType, { kind: "tagged" }>;

function checkScalar(node: TreeNode, type: ScalarFieldType, name: string, report: Report): void {
  const expected = SCALAR_WORDS[type.kind];
  if (node.kind !== "scalar") {
    wrongShape(node, name, expected, report, SCALAR_EXAMPLES[type.kind]);
    return;
  }
  if (!fitsScalar(node, type.kind)) {
    const message = `${name} must be ${expected}, not \`${shorten(node.text)}\``;
    const hint = secondsHint(node.text, name) ?? SCALAR_EXAMPLES[type.kind];
    report(problemAt(node, "wrong_type", message, hint));
    return;
  }
  if (type.kind === "string" && type.values !== undefined)
    checkWord(node, type.values, type.anyCase === true, name, report);
  if (type.kind === "string" && type.pythonVersion === true) checkPythonVersion(node, name, report);
  const minimum = type.kind === "integer" || type.kind === "number" ? type.minimum : undefined;
  if (minimum !== undefined && Number(node.text) < minimum) {
    const message = `${name} must be at least ${minimum}, not ${node.text}`;
    report(problemAt(node, "out_of_range", message, `Write ${minimum} or more.`));
  }
}

/** Without quotes `3.10` is the number 3.1: another Python would be taken for it. */
function checkPythonVersion(node: TreeScalar, name: string, report: Report): void {
  if (node.type !== "number" || !/^3\.[12]$/.test(node.text)) return;
  const message = `${name} is the number ${node.text}, in which a 0 at the end does not count`;
  report(problemAt(node, "wrong_type", message, `Put it in quotes: "${node.text}0".`));
}

function secondsHint(text: string, name: string): string | null {
  const seconds = /timeout/.test(name) ? parseDuration(text) : null;
  return seconds === null ? null : `It counts whole seconds: \`${Math.ceil(seconds)}\`.`;
}

const SCALAR_WORDS: Readonly<Record<ScalarFieldType["kind"], string>> = {
  string: "a text",
  integer: "an integer",
  number: "a number",
  boolean: "true or false",
  scalar: "a single value",
};

const SCALAR_EXAMPLES: Readonly<Record<ScalarFieldType["kind"], string | null>> = {
  string: null,
  integer: "Write digits, like 20.",
  number: "Write a number, like 0.5.",
  boolean: "Write true or false.",
  scalar: "Write a single value in its place.",
};

function fitsScalar(node: TreeScalar, kind: ScalarFieldType["kind"]): boolean {
  switch (kind) {
    case "string":
    case "scalar":
      return true;
    case "integer":
      return node.type === "integer" || resolveInteger(node.text) !== null;
    case "number":
      return (
        resolveInteger(node.text) !== null ||
        resolveFloat(node.text) !== null ||
        node.type === "number"
      );
    case "boolean":
      return node.type === "boolean" || /^(?:true|false)$/i.test(node.text);
    default:
      return kind satisfies never;
  }
}

function checkWord(
  node: TreeScalar,
  words: readonly string[],
  anyCase: boolean,
  name: string,
  report: Report,
): void {
  if (words.includes(anyCase ? node.text.toLowerCase() : node.text)) return;
  const allowed = `Use one of ${namesInWords(words)}.`;
  const message = `${name} cannot be \`${shorten(node.text)}\``;
  const near = suggestion(node.text, words);
  report(problemAt(node, "unknown_value", message, near === null ? allowed : `${near} ${allowed}`));
}

function checkMap(
  node: TreeNode,
  of: FieldType,
  name: string,
  bindings: boolean,
  report: Report,
): void {
  if (node.kind !== "mapping") {
    wrongShape(node, name, "a mapping", report, "Write `NAME: VALUE` below it, for each a line.");
    return;
  }
  for (const [key, entry] of node.entries) {
    if (bindings && isBinding(entry.value)) continue;
    checkValue(entry.value, of, `\`${key}\` in ${name}`, bindings, report);
  }
}

function checkList(
  node: TreeNode,
  of: FieldType,
  name: string,
  bindings: boolean,
  report: Report,
): void {
  if (node.kind !== "list") {
    const text = node.kind === "scalar" && node.text !== "" ? shorten(node.text) : null;
    const hint = text === null ? "Write `- ` before each entry." : `Write \`[${text}]\`.`;
    wrongShape(node, name, "a list", report, hint);
    return;
  }
  for (const item of node.items) {
    if (bindings && isBinding(item)) continue;
    checkValue(item, of, `an entry of ${name}`, bindings, report);
  }
}

function checkTagged(
  node: TreeNode,
  type: TaggedFieldType,
  name: string,
  bindings: boolean,
  report: Report,
): void {
  if (node.kind !== "mapping") {
    wrongShape(node, name, "a mapping", report);
    return;
  }
  const tables = type.tables();
  const tag = node.entries.get(type.by)?.value;
  const word = tag?.kind === "scalar" && !isNull(tag) ? tag.text : type.fallback;
  if (word === null) {
    const hint = `Add \`${type.by}\`: one of ${namesInWords(Object.keys(tables))}.`;
    report(problemAt(node, "missing_field", `${name} needs \`${type.by}\``, hint));
    return;
  }
  const table = Object.hasOwn(tables, word.toLowerCase()) ? tables[word.toLowerCase()] : undefined;
  if (table !== undefined) {
    checkFields(node, table, report, bindings);
    return;
  }
  const message = `\`${type.by}\` of ${name} cannot be \`${shorten(word)}\``;
  const hint = `Use one of ${namesInWords(Object.keys(tables))}.`;
  report(
    problemAt(tag ?? node, "unknown_value", message, suggestion(word, Object.keys(tables), hint)),
  );
}

function checkAlternatives(
  node: TreeNode,
  alternatives: readonly FieldType[],
  name: string,
  bindings: boolean,
  report: Report,
): void {
  const fitting = alternatives.find((one) => shapesOf(one).includes(node.kind));
  if (fitting !== undefined) {
    const others = alternatives.filter((one) => one !== fitting);
    checkValue(node, fitting, name, bindings, (problem) =>
      report(problem.code === "unknown_value" ? withOthers(problem, others) : problem),
    );
    return;
  }
  const words = alternatives.flatMap(shapesOf).map((shape) => SHAPE_WORDS[shape]);
  const fit = words.join(" or ");
  wrongShape(node, name, fit, report, `Write ${fit} in its place.`);
}

/** Behind the words that fit: the mapping that may stand there too. */
function withOthers(problem: Problem, others: readonly FieldType[]): Problem {
  const keys = others.flatMap((one) =>
    one.kind === "record" ? Object.keys(one.table().fields) : [],
  );
  if (keys.length === 0) return problem;
  return { ...problem, hint: `${problem.hint ?? ""} Or \`{${keys[0]}: …}\`.`.trimStart() };
}

function shapesOf(type: FieldType): readonly TreeNode["kind"][] {
  switch (type.kind) {
    case "string":
    case "integer":
    case "number":
    case "boolean":
    case "scalar":
      return ["scalar"];
    case "map":
    case "record":
    case "tagged":
      return ["mapping"];
    case "list":
      return ["list"];
    case "any":
      return ["scalar", "list", "mapping"];
    case "oneOf":
      return type.of.flatMap(shapesOf);
    default:
      return type satisfies never;
  }
}

const SHAPE_WORDS: Readonly<Record<TreeNode["kind"], string>> = {
  scalar: "a single value",
  list: "a list",
  mapping: "a mapping",
};

function wrongShape(
  node: TreeNode,
  name: string,
  expected: string,
  report: Report,
  hint: string | null = null,
): void {
  const message = `${name} must be ${expected}, not ${SHAPE_WORDS[node.kind]}`;
  const early = node.kind === "mapping" ? earlyMapping(name, node) : null;
  report(problemAt(node, "wrong_type", message, early ?? hint));
}

function keysHint({ fields }: FieldTable): string {
  return `Its keys: ${namesInWords(Object.keys(fields))}.`;
}

/** Reports it; gives the key that it is read on as, or null. */
function unknownKey(
  name: string,
  mapping: TreeMapping,
  table: FieldTable,
  report: Report,
): string | null {
  if (table.unknownKeys === "keep") return null;
  const known = Object.keys(table.fields);
  const { key, value } = mapping.entries.get(name) as TreeEntry;
  const early = earlyKey(table.title, name, value);
  const near = early === null ? didYouMean(name, known) : early.meant;
  const otherwise = near === null ? otherHint(name, table) : `Did you mean \`${near}\`?`;
  const message = `\`${shorten(name)}\` is not a key of ${table.title}`;
  const hint = early?.hint ?? otherwise;
  report(problemAt(key, "unknown_key", message, hint, table.unknownKeys));
  const type = near === null ? undefined : table.fields[near]?.type;
  const isMeant = type !== undefined && shapesOf(type).includes(value.kind);
  if (table.unknownKeys !== "error" || near === null || mapping.entries.has(near) || !isMeant)
    return null;
  readAs(mapping, name, near);
  return near;
}

/** Where a key that is right below another one stands, else what there is. */
function otherHint(name: string, { fields }: FieldTable): string {
  const owner = Object.keys(fields).find((one) => holds(fields[one]?.type, name));
  return owner === undefined
    ? `Known keys: ${namesInWords(Object.keys(fields))}.`
    : `It stands below \`${owner}\`: \`${owner}: {${name}: …}\`.`;
}

function holds(type: FieldType | undefined, name: string): boolean {
  if (type?.kind === "oneOf") return type.of.some((one) => holds(one, name));
  return type?.kind === "record" && Object.hasOwn(type.table().fields, name);
}

/** What would only follow from the mistyped key is not told then. Nothing is planned with it: the key is an error. */
function readAs(mapping: TreeMapping, written: string, meant: string): void {
  const entries = [...mapping.entries].map(
    ([name, entry]) => [name === written ? meant : name, entry] as const,
  );
  (mapping as { entries: TreeMapping["entries"] }).entries = new Map(entries);
}

/** A key that is told as unknown stands for it. */
function isMistyped(name: string, { entries }: TreeMapping, { fields }: FieldTable): boolean {
  const unknown = [...entries.keys()].filter((key) => !Object.hasOwn(fields, key));
  return unknown.some((key) => didYouMean(key, Object.keys(fields)) === name);
}

const required = new WeakMap<FieldTable, readonly (readonly [string, string])[]>();

/** Names and sentences of the required fields; looked up once a table, because ten thousand nodes share few. */
function requiredFields(table: FieldTable): readonly (readonly [string, string])[] {
  const known = required.get(table);
  if (known !== undefined) return known;
  const found = Object.entries(table.fields)
    .filter(([, field]) => field.required)
    .map(([name, field]) => [name, field.doc] as const);
  required.set(table, found);
  return found;
}

/** Where bindings may stand, whoever fills one in says what is wrong with it. */
export function isBinding(node: TreeNode): boolean {
  if (node.kind !== "scalar" || node.type !== "string") return false;
  // Among other words it can stand nowhere, which is told where it is filled in.
  return node.text.includes("${{parent.") || soleReference(node.text) !== null;
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
