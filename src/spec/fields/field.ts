// How a definition's fields are described: a table of names, each with its type and a sentence. The checker and the
// editor schema are both made from these tables. Knows nothing of any one kind.

export type FieldType =
  /**
   * Any single value that Python would print; `values` closes the set, in small letters where the case is free; of a
   * `pythonVersion` the last digit counts, also where it is a 0.
   */
  | {
      readonly kind: "string";
      readonly values?: readonly string[];
      readonly anyCase?: true;
      readonly pythonVersion?: true;
    }
  | { readonly kind: "integer"; readonly minimum?: number }
  | { readonly kind: "number"; readonly minimum?: number }
  | { readonly kind: "boolean" }
  /** A literal of any of the four types. */
  | { readonly kind: "scalar" }
  /** Anything: settings of later work, or free data. */
  | { readonly kind: "any" }
  | { readonly kind: "map"; readonly of: FieldType }
  | { readonly kind: "list"; readonly of: FieldType }
  /** A mapping with a table of its own; a function, because tables refer to each other. */
  | { readonly kind: "record"; readonly table: () => FieldTable }
  /** A mapping whose table is chosen by one of its keys. */
  | {
      readonly kind: "tagged";
      readonly by: string;
      /** The tag of a mapping without one, or null: then it is required. */
      readonly fallback: string | null;
      readonly tables: () => Readonly<Record<string, FieldTable>>;
    }
  /** Alternatives told apart by shape: at most one each for values, lists and mappings. */
  | { readonly kind: "oneOf"; readonly of: readonly FieldType[] };

export interface Field {
  readonly type: FieldType;
  readonly doc: string;
  readonly required: boolean;
  /** Ours, not Azure's. */
  readonly extension: boolean;
}

export interface FieldTable {
  /** How messages call it: `a command component`. */
  readonly title: string;
  readonly fields: Readonly<Record<string, Field>>;
  readonly unknownKeys: "error" | "warning" | "keep";
  /** Whether any field may be a `${{…}}` binding instead of its type. */
  readonly bindings: boolean;
}

export const STRING: FieldType = { kind: "string" };
/** The version of a Python, or the path of one. */
export const PYTHON: FieldType = { kind: "string", pythonVersion: true };
export const INTEGER: FieldType = { kind: "integer" };
export const BOOLEAN: FieldType = { kind: "boolean" };
export const SCALAR: FieldType = { kind: "scalar" };
export const ANY: FieldType = { kind: "any" };

export function oneWordOf(...values: string[]): FieldType {
  return { kind: "string", values };
}

/** A word that Azure's client takes in any case; it is read with `getWord`. */
export function anyCaseOf(...values: string[]): FieldType {
  return { kind: "string", values, anyCase: true };
}

export function integerFrom(minimum: number): FieldType {
  return { kind: "integer", minimum };
}

export function mapOf(of: FieldType): FieldType {
  return { kind: "map", of };
}

export function listOf(of: FieldType): FieldType {
  return { kind: "list", of };
}

export function record(make: () => FieldTable): FieldType {
  return { kind: "record", table: once(make) };
}

/** A mapping whose table is chosen by its `type`. */
export function tagged(make: () => Readonly<Record<string, FieldTable>>): FieldType {
  return { kind: "tagged", by: "type", fallback: null, tables: once(make) };
}

// Tables are made when they are first needed, because they refer to each other.
function once<T>(make: () => T): () => T {
  let made: T | null = null;
  return () => {
    made ??= make();
    return made;
  };
}

export function oneOf(...of: FieldType[]): FieldType {
  return { kind: "oneOf", of };
}

export function optional(type: FieldType, doc: string): Field {
  return { type, doc, required: false, extension: false };
}

export function required(type: FieldType, doc: string): Field {
  return { type, doc, required: true, extension: false };
}

/** A field that only Stepwell knows. */
export function extension(type: FieldType, doc: string): Field {
  return { type, doc, required: false, extension: true };
}

/** Known keys of settings that another engine reads: checked for their names only. */
export function opaque(doc: string, ...names: string[]): Record<string, Field> {
  return Object.fromEntries(names.map((name) => [name, optional(ANY, doc)]));
}

export function table(
  title: string,
  fields: Readonly<Record<string, Field>>,
  more: Partial<Pick<FieldTable, "unknownKeys" | "bindings">> = {},
): FieldTable {
  return { title, fields, unknownKeys: "error", bindings: false, ...more };
}
