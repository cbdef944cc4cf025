// A scalar parameter as the user wrote it: its kind and the exact text that a command receives.
// It never travels through a JavaScript number, so 2^63, 1.0 and 1e-05 keep every digit.

/** Which of the four parameter types a literal is, by the rules of YAML 1.1 as PyYAML reads it. */
export type LiteralKind = "string" | "integer" | "number" | "boolean";

/**
 * One literal. `text` is what Python's `str()` would print: `True`, `1.0`, `1e-05`, `9223372036854775808`.
 *
 * @example { kind: "boolean", text: "True" }
 */
export interface Literal {
  readonly kind: LiteralKind;
  readonly text: string;
}
