// Reads the definition file of a component, a data asset, an environment or a model. Knows nothing of registering: what
// it gives is what a record store keeps.

import path from "node:path";
import { DATA_REFERENCE_FORMS, parseDataReference } from "./data-reference.ts";
import { checkFields } from "./fields/check-fields.ts";
import { data } from "./fields/data.ts";
import { environment } from "./fields/environment.ts";
import type { FieldTable } from "./fields/field.ts";
import { model } from "./fields/model.ts";
import type { DataReference, EnvironmentReference } from "./graph.ts";
import { readComponent } from "./job/component.ts";
import { readDefinition } from "./job/environment-reference.ts";
import { texts } from "./job/job-head.ts";
import { LoadContext, type LoadOptions } from "./job/load-context.ts";
import { applySets } from "./job/set-field.ts";
import { SPEC_LIMITS } from "./limits.ts";
import { type Plain, toPlain } from "./plain.ts";
import type { Problem } from "./problem.ts";
import type { SpecReader } from "./reader.ts";
import { get, getSet, getText, getWord, type TreeMapping } from "./tree.ts";

export type AssetKind = "component" | "data" | "environment" | "model";

export interface LoadedAsset {
  readonly kind: AssetKind;
  readonly name: string;
  /** Null: the next free one. */
  readonly version: string | null;
  readonly description: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** What identifies the definition: plain JSON without name, version, description and tags, keys sorted. */
  readonly definition: Plain;
  /** The file's text, and the folder its paths start from: what a registered component is read from again. */
  readonly text: string;
  readonly baseFolder: string;
  /** The kind of data, or the type of component; null for an environment. */
  readonly type: string | null;
  /** Where the bytes are, of data and models; else null. */
  readonly path: DataReference | null;
  /** Of environments, with the files that it names read into it; else null. */
  readonly environment: EnvironmentReference | null;
}

/**
 * Reads and checks an asset's file. The asset is null when any problem is an error. `set`: what is said in place of fields
 * of the file, such as its name.
 */
export function loadAsset(
  kind: AssetKind,
  file: string,
  reader: SpecReader,
  set: LoadOptions["set"] = [],
): { readonly asset: LoadedAsset | null; readonly problems: readonly Problem[] } {
  const context = new LoadContext({
    file,
    set,
    inputs: {},
    compute: null,
    reader,
    knownComputes: null,
    limits: SPEC_LIMITS,
    otherwise: `Name another file; what one holds: stepwell schema ${kind}`,
  });
  const read = context.readFile(file, null);
  const tree = read === null || !mayBeSet(kind, context) ? null : applySets(read, context);
  const asset = tree === null ? null : readAsset(kind, tree, file, context);
  const valid = !context.problems.some((one) => one.severity === "error");
  return { asset: valid ? asset : null, problems: context.problems };
}

/** Of a component the file itself is kept, and read again where it is used: only what it is called can be another. */
function mayBeSet(kind: AssetKind, context: LoadContext): boolean {
  if (kind !== "component") return true;
  const called = /^(?:name|version|description|tags\..+)$/;
  const fixed = context.options.set.filter(({ path: at }) => !called.test(at));
  for (const { path: at } of fixed) {
    const message = `\`--set ${at}\`: of a component only name, version, description and tags can be set`;
    context.error(null, "bad_set", message, "Change the file.");
  }
  return fixed.length === 0;
}

function readAsset(
  kind: AssetKind,
  tree: TreeMapping,
  file: string,
  context: LoadContext,
): LoadedAsset | null {
  const baseFolder = path.dirname(file);
  const type = checkAsset(kind, tree, file, context);
  const name = getText(tree, "name");
  if (name === null) {
    if (kind === "component") {
      const hint = "Add `name: …`, so that it can be found again.";
      context.error(tree, "missing_field", "a registered component needs `name`", hint);
    }
    return null;
  }
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/.test(name)) {
    const hint = "Use up to 255 letters, digits, `_`, `-` and `.`.";
    context.error(get(tree, "name"), "bad_name", `\`${name}\` is not a name of an asset`, hint);
  }
  const isEnvironment = kind === "environment";
  return {
    kind,
    name,
    version: getText(tree, "version"),
    description: getText(tree, "description"),
    tags: texts(get(tree, "tags")?.kind === "mapping" ? (get(tree, "tags") as TreeMapping) : null),
    definition: definitionOf(tree),
    text: context.readText(file, null) ?? "",
    baseFolder,
    type,
    path: kind === "data" || kind === "model" ? readPath(tree, baseFolder, context) : null,
    environment: isEnvironment
      ? { kind: "inline", ...readDefinition(tree, baseFolder, context) }
      : null,
  };
}

/** Checks the fields; returns the asset's type. */
function checkAsset(
  kind: AssetKind,
  tree: TreeMapping,
  file: string,
  context: LoadContext,
): string | null {
  if (kind === "component") {
    const where = { base: path.dirname(file), file, reference: null };
    return readComponent(tree, where, context)?.type ?? null;
  }
  const tables: Readonly<Record<typeof kind, FieldTable>> = { data, environment, model };
  checkFields(tree, tables[kind], context.report);
  if (kind === "environment") return null;
  return getWord(tree, "type") ?? (kind === "data" ? "uri_folder" : "custom_model");
}

function readPath(tree: TreeMapping, base: string, context: LoadContext): DataReference | null {
  const node = getSet(tree, "path");
  if (node?.kind !== "scalar") return null;
  const parsed = parseDataReference(node.text, base);
  if ("mistake" in parsed) {
    context.error(node, "bad_data_reference", parsed.mistake, DATA_REFERENCE_FORMS);
    return null;
  }
  const { reference } = parsed;
  if (reference.kind === "local" && context.kind(reference.path) === null) {
    const message = `there is nothing at \`${reference.path}\``;
    context.error(node, "missing_path", message, () => context.pathHint(node.text, reference.path));
  }
  return reference;
}

const NOT_IDENTITY: ReadonlySet<string> = new Set([
  "$schema",
  "name",
  "version",
  "display_name",
  "description",
  "tags",
]);

function definitionOf(tree: TreeMapping): Plain {
  const plain = toPlain(tree) as { readonly [key: string]: Plain };
  const kept = Object.entries(plain).filter(([key]) => !NOT_IDENTITY.has(key));
  return sorted(Object.fromEntries(kept));
}

function sorted(value: Plain): Plain {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}
