// Which value a plain YAML scalar is, by the rules of PyYAML's `safe_load` (YAML 1.1), because the official SDK reads
// with it. Knows nothing of documents; a date stays the string it was written as.

import { INTEGER_DIGITS } from "./limits.ts";
import { pythonFloat } from "./python-number.ts";

export type ScalarType = "null" | "boolean" | "integer" | "number" | "string";

/** `text` is what Python's `str()` prints: `True`, `8` for `010`, `1.0`; for null it is empty. */
export interface ScalarValue {
  readonly type: ScalarType;
  readonly text: string;
}

/** The value of a plain (unquoted, untagged) scalar. */
export function resolvePlainScalar(source: string): ScalarValue {
  if (!MAY_RESOLVE.test(source)) return { type: "string", text: source };
  return (
    resolveNull(source) ??
    resolveBoolean(source) ??
    resolveFloat(source) ??
    resolveInteger(source) ?? { type: "string", text: source }
  );
}

export function resolveNull(source: string): ScalarValue | null {
  return NULL.test(source) ? { type: "null", text: "" } : null;
}

export function resolveBoolean(source: string): ScalarValue | null {
  if (TRUE.test(source)) return { type: "boolean", text: "True" };
  return FALSE.test(source) ? { type: "boolean", text: "False" } : null;
}

export function resolveFloat(source: string): ScalarValue | null {
  if (!FLOAT.test(source)) return null;
  const text = source.replaceAll("_", "").toLowerCase();
  const sign = text.startsWith("-") ? -1 : 1;
  const digits = /^[-+]/.test(text) ? text.slice(1) : text;
  if (digits === ".inf") return { type: "number", text: sign > 0 ? "inf" : "-inf" };
  if (digits === ".nan") return { type: "number", text: "nan" };
  const value = digits.includes(":") ? sexagesimalFloat(digits) : Number(digits);
  return { type: "number", text: pythonFloat(sign * value) };
}

export function resolveInteger(source: string): ScalarValue | null {
  if (source.length > INTEGER_DIGITS || !INTEGER.test(source)) return null;
  const text = source.replaceAll("_", "");
  const negative = text.startsWith("-");
  const magnitude = integerMagnitude(/^[-+]/.test(text) ? text.slice(1) : text);
  if (magnitude === null) return null;
  return { type: "integer", text: negative && magnitude !== "0" ? `-${magnitude}` : magnitude };
}

const NULL = /^(?:~|null|Null|NULL|)$/;
const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const FLOAT = new RegExp(
  [
    "^(?:[-+]?[0-9][0-9_]*\\.[0-9_]*(?:[eE][-+][0-9]+)?",
    "\\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?",
    "[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\\.[0-9_]*",
    "[-+]?\\.(?:inf|Inf|INF)",
    "\\.(?:nan|NaN|NAN))$",
  ].join("|"),
);
const INTEGER = new RegExp(
  [
    "^(?:[-+]?0b[0-1_]+",
    "[-+]?0[0-7_]+",
    "[-+]?(?:0|[1-9][0-9_]*)",
    "[-+]?0x[0-9a-fA-F_]+",
    "[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$",
  ].join("|"),
);
/** Most scalars are words: one look at the first character spares them four expressions. */
const MAY_RESOLVE = /^(?:[-+.0-9~]|[yYnNtTfFoO][a-zA-Z]{1,4}$|$)/;

function integerMagnitude(digits: string): string | null {
  if (digits === "0") return "0";
  if (/^0[bx]/.test(digits)) return digits.length > 2 ? BigInt(digits).toString() : null;
  if (digits.startsWith("0")) return BigInt(`0o${digits.slice(1) || "0"}`).toString();
  if (!digits.includes(":")) return digits;
  let value = 0n;
  for (const part of digits.split(":")) value = value * 60n + BigInt(part);
  return value.toString();
}

// Summed from the smallest digit up, as PyYAML does: another order rounds differently.
function sexagesimalFloat(digits: string): number {
  let base = 1;
  let value = 0;
  for (const part of digits.split(":").reverse()) {
    value += Number(part) * base;
    base *= 60;
  }
  return value;
}
