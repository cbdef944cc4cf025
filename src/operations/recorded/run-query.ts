// The small language of `runs --where`: comparisons of named facts, joined by `and` and `or` (`and` first). Knows nothing
// of where facts come from. What a run does not know is unequal to everything and neither more nor less than anything.

import { type Refusal, refuse } from "../refusal.ts";
import type { Fact, RunFacts } from "./run-facts.ts";

export interface RunQuery {
  /** Names of facts that it asks for. */
  readonly names: readonly string[];
  holds(facts: RunFacts): boolean;
}

type Operator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~";

interface Comparison {
  readonly name: string;
  readonly operator: Operator;
  readonly value: string;
}

const TOKEN = /\s*(?:(<=|>=|!=|==|=|<|>|~)|"([^"]*)"|'([^']*)'|([^\s<>=!~"']+))/y;

export function parseQuery(text: string): RunQuery | Refusal {
  const words = tokens(text);
  if (words === null) return mistake(text);
  const alternatives: Comparison[][] = [[]];
  for (let at = 0; at < words.length; at += 4) {
    const [name, operator, value, then] = words.slice(at, at + 4);
    const isWhole =
      name?.kind === "word" && operator?.kind === "operator" && value?.kind === "word";
    // There are none; read as a part of the name, the condition would mean something else.
    const isBracketed = name?.text.startsWith("(") ?? false;
    if (!isWhole || isBracketed || (then !== undefined && !/^(?:and|or)$/i.test(then.text)))
      return mistake(text);
    const kind = (operator.text === "==" ? "=" : operator.text) as Operator;
    alternatives.at(-1)?.push({ name: name.text, operator: kind, value: value.text });
    if (then === undefined) break;
    if (at + 4 >= words.length) return mistake(text);
    if (then.text.toLowerCase() === "or") alternatives.push([]);
  }
  if (alternatives.some((all) => all.length === 0)) return mistake(text);
  return {
    names: alternatives.flat().map((one) => one.name),
    holds: (facts) =>
      alternatives.some((all) => all.every((one) => compare(facts.get(one.name) ?? null, one))),
  };
}

interface Token {
  readonly kind: "word" | "operator";
  readonly text: string;
}

function tokens(text: string): readonly Token[] | null {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text);
    if (match === null) return null;
    const [, operator, double, single, bare] = match;
    if (operator !== undefined) found.push({ kind: "operator", text: operator });
    else found.push({ kind: "word", text: double ?? single ?? bare ?? "" });
  }
  return found;
}

function mistake(text: string): Refusal {
  return refuse(
    "wrong_usage",
    `--where ${JSON.stringify(text)} is no condition`,
    "write it like: --where 'train.auc > 0.9 and tag.team = x'; there are = != < <= > >= and ~ (contains), joined by and, or; no brackets, no not",
  );
}

function compare(fact: Fact, { name, operator, value }: Comparison): boolean {
  if (fact === null) return operator === "!=";
  // As `--status` has it, however it is capitalised.
  if (name === "status") return holds(String(fact).toLowerCase(), operator, value.toLowerCase());
  return holds(fact, operator, value);
}

function holds(fact: string | number, operator: Operator, value: string): boolean {
  if (operator === "~") return String(fact).toLowerCase().includes(value.toLowerCase());
  const order = ordered(fact, value);
  switch (operator) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    default:
      return operator satisfies never;
  }
}

/** Numbers as numbers where both are, else as texts. */
function ordered(fact: string | number, value: string): number {
  const [left, right] = [Number(fact), Number(value)];
  const areNumbers = String(fact).trim() !== "" && value.trim() !== "";
  if (areNumbers && !Number.isNaN(left) && !Number.isNaN(right)) return left - right;
  return String(fact) < value ? -1 : String(fact) > value ? 1 : 0;
}

/** Facts in the order of `--sort`: numbers before texts, what is unknown last in either direction. */
export function compareFacts(a: Fact, b: Fact, descending: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order =
    typeof a === "number" && typeof b === "number"
      ? a - b
      : typeof a === typeof b
        ? String(a) < String(b)
          ? -1
          : Number(String(a) > String(b))
        : typeof a === "number"
          ? -1
          : 1;
  return descending ? -order : order;
}
