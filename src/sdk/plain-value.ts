// What is written of a definition, as plain data: the same for the job and for YAML. What neither can hold is a mistake.

import { inWords } from "./check-definition.ts";
import { DefinitionError } from "./definition-error.ts";
import type { Origin } from "./place.ts";
import { Reference } from "./reference.ts";
import { JobPath } from "./source-path.ts";

export interface PlainOptions {
  /** Where paths start; null: they stay absolute. */
  readonly folder: string | null;
  /** Who wrote the value. */
  readonly origin: Origin;
}

/** Deeper than anything that is written by hand. */
const DEPTH = 50;

export function plainValue(value: unknown, options: PlainOptions, key = "", depth = 0): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      // JSON has no -0, and nobody means it.
      if (Number.isFinite(value)) return value === 0 ? 0 : value;
      break;
    case "object":
      if (value === null) return null;
      if (value instanceof JobPath)
        return options.folder === null ? value.absolute : value.from(options.folder);
      if (depth > DEPTH) throw unwritable(key, "nested too deep, or holds itself", options);
      if (Array.isArray(value))
        return value.map((item, index) => plainValue(item, options, `${key}[${index}]`, depth + 1));
      if (isPlain(value)) return plainMapping(value, options, depth);
  }
  const words =
    value instanceof Reference ? `${value.words}, which has no value yet` : inWords(value);
  throw unwritable(key, `${words}, which a pipeline cannot hold`, options);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function plainMapping(value: object, options: PlainOptions, depth: number): unknown {
  const written: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    const plain = plainValue(inner, options, name, depth + 1);
    if (name === "__proto__") Object.defineProperty(written, name, { ...OWN, value: plain });
    else written[name] = plain;
  }
  return written;
}

const OWN = { enumerable: true, configurable: true, writable: true };

function unwritable(key: string, reason: string, { origin }: PlainOptions): DefinitionError {
  return new DefinitionError(
    `\`${key}\` is ${reason}`,
    "use texts, numbers, true and false, and lists and mappings of these",
    origin,
  );
}
