// Literals against the type that an input declares: conversion of defaults as the official SDK does it, and checks of
// type, range and allowed values. Knows nothing of nodes.

import { namesInWords, suggestion } from "../did-you-mean.ts";
import type { Literal, LiteralKind } from "../literal.ts";
import type { Place } from "../problem-at.ts";
import { floatValue, pythonFloat } from "../python-number.ts";
import { getSet, isNull, type TreeMapping, type TreeScalar } from "../tree.ts";
import type { DeclaredInput } from "./component.ts";
import type { LoadContext } from "./load-context.ts";

/** The literal that a scalar is by itself. */
export function literalOf(scalar: TreeScalar): Literal {
  return { kind: scalar.type === "null" ? "string" : scalar.type, text: scalar.text };
}

/** A component's default as the command receives it, or null after reporting that it does not fit. */
export function convertDefault(
  name: string,
  scalar: TreeScalar,
  type: LiteralKind,
  context: LoadContext,
): Literal | null {
  const text = convertedDefault(scalar, type);
  if (text === null) {
    const message = `the default of \`${name}\` is \`${scalar.text}\`, which is not ${WORDS[type]}`;
    context.error(scalar, "wrong_type", message, `Write ${EXAMPLES[type]}.`);
    return null;
  }
  if (type === "string" && scalar.type === "integer") {
    const message = `the default ${scalar.text} of the text \`${name}\` reaches the command as ${text}, as in Azure ML`;
    context.warn(scalar, "default_becomes_number", message, `Quote it: "${scalar.text}".`);
  }
  return { kind: type, text };
}

/** A literal given to an input of a declared type, or null after reporting that it does not fit. */
export function convertGiven(
  input: DeclaredInput,
  literal: Literal,
  place: Place | null,
  context: LoadContext,
): Literal | null {
  const type = input.type as LiteralKind;
  const text = convertedGiven(literal, type);
  if (text === null) {
    const message = `the input \`${input.name}\` is ${WORDS[type]}, not \`${shorten(literal.text)}\``;
    context.error(place, "wrong_type", message, `Write ${EXAMPLES[type]}.`);
    return null;
  }
  const converted = { kind: type, text };
  return checkBounds(input, converted, place, context, literal.kind !== type) ? converted : null;
}

/** `min` or `max` of an input; null where there is none, and after telling that it bounds nothing. */
export function boundOf(
  name: string,
  declared: TreeMapping,
  type: LiteralKind,
  field: "min" | "max",
  context: LoadContext,
): string | null {
  const value = getSet(declared, field);
  if (value?.kind !== "scalar") return null;
  if (type !== "integer" && type !== "number") {
    const message = `\`${field}\` of \`${name}\` is not read: it is ${WORDS[type]}`;
    context.warn(value, "not_read", message, "Remove it; a text is held to an `enum`.");
    return null;
  }
  if (value.type !== "boolean" && numberOf(value.text) !== null) return value.text;
  const message = `\`${field}\` of \`${name}\` must be a number, not \`${shorten(value.text)}\``;
  context.error(value, "wrong_type", message, `Write ${EXAMPLES[type]}.`);
  return null;
}

/** Whether any value can fit `min` and `max`; reports when not, and entries of `enum` that no value can be. */
export function checkLimits(
  { name, type, minimum, maximum }: DeclaredInput,
  declared: TreeMapping,
  context: LoadContext,
): boolean {
  const listed = getSet(declared, "enum");
  for (const item of listed?.kind === "list" ? listed.items : []) {
    if (item.kind !== "scalar" || convertedGiven(literalOf(item), type as LiteralKind) !== null)
      continue;
    const message = `\`${shorten(item.text)}\` in \`enum\` of \`${name}\` is not ${WORDS[type as LiteralKind]}`;
    context.warn(item, "wrong_type", message, `Write ${EXAMPLES[type as LiteralKind]}.`);
  }
  const [low, high] = [minimum, maximum].map((one) => (one === null ? null : numberOf(one)));
  if (!below(high ?? null, low ?? null)) return true;
  const message = `\`max\` of \`${name}\` is ${maximum}, below its \`min\` ${minimum}: no value fits`;
  context.error(getSet(declared, "max"), "out_of_range", message, "Change one of the two.");
  return false;
}

/**
 * Whether a literal lies within `min`, `max` and `enum`; reports when not. `lenient`: a number given to a text with an
 * `enum` is only a warning, because the public examples do it and Azure runs them.
 */
export function checkBounds(
  input: DeclaredInput,
  literal: Literal,
  place: Place | null,
  context: LoadContext,
  lenient = false,
): boolean {
  const value = numberOf(literal.text);
  const bounds = [input.minimum, input.maximum] as const;
  const [low, high] = bounds.map((bound) => (bound === null ? null : numberOf(bound)));
  if (value !== null && (below(value, low ?? null) || below(high ?? null, value))) {
    const range = rangeInWords(input.minimum, input.maximum);
    const message = `the input \`${input.name}\` must be ${range}, not ${literal.text}`;
    context.error(place, "out_of_range", message, "Change the value, or the component's limits.");
    return false;
  }
  const values = input.values;
  if (values === null || values.some((one) => sameValue(one, literal))) return true;
  const allowed = `Use one of ${namesInWords(values)}.`;
  const message = `the input \`${input.name}\` cannot be \`${shorten(literal.text)}\``;
  const near = suggestion(literal.text, values);
  const hint = near === null ? allowed : `${near} ${allowed}`;
  const tolerated = lenient && literal.kind === "string";
  if (tolerated) context.warn(place, "not_in_enum", message, hint);
  else context.error(place, "not_in_enum", message, hint);
  return tolerated;
}

function rangeInWords(minimum: string | null, maximum: string | null): string {
  if (minimum === null) return `at most ${maximum}`;
  return maximum === null ? `at least ${minimum}` : `from ${minimum} to ${maximum}`;
}

const WORDS: Readonly<Record<LiteralKind, string>> = {
  string: "a text",
  integer: "an integer",
  number: "a number",
  boolean: "a boolean",
};

const EXAMPLES: Readonly<Record<LiteralKind, string>> = {
  string: "a text",
  integer: "digits, like 20",
  number: "a number with a point, like 0.5 or 1.0e-3",
  boolean: "true or false",
};

// The SDK reads a number before it looks at the declared type, so 5 for a text becomes 5.0 there, and so here.
function convertedDefault(scalar: TreeScalar, type: LiteralKind): string | null {
  if (isNull(scalar)) return null;
  switch (type) {
    case "string":
      return scalar.type === "integer" ? pythonFloat(Number(scalar.text)) : scalar.text;
    case "number": {
      const value = scalar.type === "boolean" ? null : numberOf(scalar.text);
      return value === null ? null : pythonFloat(Number(value));
    }
    case "integer":
      return scalar.type === "boolean" ? null : integerText(scalar.text);
    case "boolean":
      return booleanText(scalar.text);
    default:
      return type satisfies never;
  }
}

// A job's literal travels as `str()` of what was written; only a whole float for an integer loses its point.
function convertedGiven(literal: Literal, type: LiteralKind): string | null {
  const { text } = literal;
  switch (type) {
    case "string":
      return text;
    case "number":
      return literal.kind !== "boolean" && numberOf(text) !== null ? text : null;
    case "integer":
      return literal.kind === "boolean" ? null : integerText(text);
    case "boolean":
      return booleanText(text) === null ? null : text;
    default:
      return type satisfies never;
  }
}

function booleanText(text: string): string | null {
  if (/^true$/i.test(text)) return "True";
  return /^false$/i.test(text) ? "False" : null;
}

function integerText(text: string): string | null {
  if (/^[-+]?\d+$/.test(text)) return text.replace("+", "");
  const value = numberOf(text);
  if (typeof value !== "number" || !Number.isInteger(value)) return null;
  return BigInt(value).toString();
}

/** What Python's `float()` would read, integers exactly; null for anything else. */
function numberOf(text: string): number | bigint | null {
  const trimmed = text.trim();
  if (/^[-+]?\d{1,4300}$/.test(trimmed)) return BigInt(trimmed.replace("+", ""));
  if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(trimmed)) return Number(trimmed);
  const word = /^([-+]?)(inf|nan)(?:inity)?$/i.exec(trimmed);
  return word === null
    ? null
    : floatValue(`${word[1] === "-" ? "-" : ""}${word[2]?.toLowerCase()}`);
}

// JavaScript compares a bigint and a number by value, without rounding.
function below(left: number | bigint | null, right: number | bigint | null): boolean {
  return left !== null && right !== null && left < right;
}

function sameValue(allowed: string, literal: Literal): boolean {
  if (allowed === literal.text) return true;
  if (literal.kind === "boolean") return allowed.toLowerCase() === literal.text.toLowerCase();
  if (literal.kind === "string") return false;
  const [left, right] = [numberOf(allowed), numberOf(literal.text)];
  // biome-ignore lint/suspicious/noDoubleEquals: 2 (bigint) and 2.0 (number) are the same value here.
  return left !== null && right !== null && left == right;
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
