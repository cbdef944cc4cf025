// What a program hands over to be registered, where nobody compiled it: a number as a version would be another version than
// the text. Knows nothing of what is registered.

import { inWords } from "../sdk/check-definition.ts";
import { StepwellError } from "../sdk/stepwell-error.ts";
import type { DataToRegister } from "../sdk/workspace.ts";
import { suggestion } from "../spec/did-you-mean.ts";

type Kind = "text" | "mapping" | "boolean";

/** `true`: it must be there. */
const SETTINGS: Readonly<Record<keyof DataToRegister, readonly [kind: Kind, isNeeded: boolean]>> = {
  name: ["text", true],
  path: ["text", true],
  version: ["text", false],
  type: ["text", false],
  description: ["text", false],
  tags: ["mapping", false],
  copy: ["boolean", false],
};

const FORM = "write register({ name: …, path: … })";

/** Throws where it is not what its type says. */
export function checkGivenData(data: unknown): void {
  if (!isMapping(data)) throw wrong(`what is to be registered is ${inWords(data)}`, FORM);
  const known = Object.keys(SETTINGS);
  for (const key of Object.keys(data)) {
    if (known.includes(key)) continue;
    const all = `register() knows ${known.join(", ")}.`;
    throw wrong(`register() has no setting \`${key}\``, suggestion(key, known, all) ?? all);
  }
  for (const [key, [kind, isNeeded]] of Object.entries(SETTINGS)) {
    const value = data[key];
    if (value === undefined && isNeeded) throw wrong(`\`${key}\` is not given`, FORM);
    if (value !== undefined && !isKind(value, kind))
      throw wrong(`\`${key}\` is ${inWords(value)}, not a ${kind}`, `write ${example(key, value)}`);
  }
  for (const [tag, value] of Object.entries(data.tags ?? {}))
    if (typeof value !== "string")
      throw wrong(`the tag \`${tag}\` is ${inWords(value)}, not a text`, "tags are texts");
}

/** What `get` and `list` are asked for. */
export function checkText(text: unknown, call: "get" | "list"): string {
  if (typeof text === "string") return text;
  throw wrong(`${call}() is asked for ${inWords(text)}`, `write ${call}("NAME")`);
}

function isKind(value: unknown, kind: Kind): boolean {
  if (kind === "mapping") return isMapping(value);
  return typeof value === (kind === "text" ? "string" : "boolean");
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function example(key: string, value: unknown): string {
  if (key === "tags") return 'tags: { team: "geo" }';
  if (key === "copy") return "copy: true";
  return Number.isFinite(value) ? `${key}: "${value}"` : `${key}: "…"`;
}

function wrong(reason: string, hint: string): StepwellError {
  return new StepwellError("wrong_usage", reason, hint);
}
