// Registers a component, data asset, environment or model under a name and a version that never changes its meaning.
// Knows nothing of command lines.

import { canonicalJson } from "../../core/canonical-json.ts";
import { digest } from "../../core/digest.ts";
import { describeRemoval } from "../../core/removal.ts";
import type { AssetKind, AssetRow } from "../../ports/records.ts";
import { addressSecretIn } from "../../spec/address-secret.ts";
import { DATA_REFERENCE_FORMS, parseDataReference } from "../../spec/data-reference.ts";
import type { DataReference, DataType } from "../../spec/graph.ts";
import type { LoadOptions } from "../../spec/job/load-context.ts";
import { type LoadedAsset, loadAsset } from "../../spec/load-asset.ts";
import type { Problem } from "../../spec/problem.ts";
import { shownName } from "../../transfers/entry-names.ts";
import { copyData } from "../data/copy-data.ts";
import { keepData } from "../data/keep-inputs.ts";
import { createDataResolver, type DataDefinition } from "../data/resolve-data.ts";
import { whyNoMlTable } from "../data/resolve-mltable.ts";
import { type ComponentDefinition, readWithComponents } from "../definitions/load-definition.ts";
import { findOutput } from "../recorded/find-output.ts";
import { isRefusal, type Refusal, refuse, refuseInvalid } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { freezeComponent, withFile } from "./freeze-component.ts";
import { freezeEnvironment } from "./freeze-environment.ts";

export interface Registered {
  /** `same`: this very content is already there, and nothing was written. */
  readonly outcome: "created" | "same";
  readonly asset: AssetRow;
  readonly warnings: readonly Problem[];
}

/** Data or a model given by words instead of a file. */
export interface GivenAsset {
  readonly name: string;
  /** Null: the next free one. */
  readonly version: string | null;
  /** Null: what the bytes look like. */
  readonly type: string | null;
  readonly path: string;
  readonly baseFolder: string;
  readonly description?: string | null;
  readonly tags?: Readonly<Record<string, string>>;
  /** True: the bytes are copied into the default datastore. */
  readonly copy?: boolean;
}

export const ASSET_TYPES = {
  data: ["uri_file", "uri_folder", "mltable"],
  model: ["custom_model", "mlflow_model", "triton_model"],
} as const satisfies Partial<Record<AssetKind, readonly DataType[]>>;

export interface RegisterOptions {
  /** What the file would say if it lay there; null: what it says. */
  readonly text?: string | null;
  /** True: the bytes of data or a model are copied into the default datastore. */
  readonly copy?: boolean;
  /** In place of what the file says. */
  readonly head?: AssetHead;
  /** `--set a.b=c`: further fields that are other than the file says. */
  readonly set?: LoadOptions["set"];
}

export interface AssetHead {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly description?: string | undefined;
  /** Beside those of the file. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** Registers what a definition file says. */
export async function registerFile(
  workspace: Workspace,
  kind: AssetKind,
  file: string,
  { text = null, copy = false, head = {}, set: given = [] }: RegisterOptions = {},
): Promise<Registered | Refusal> {
  const { tags: added = {}, ...fields } = head;
  const texts = [head.description ?? "", ...Object.values(added)];
  const words = [...texts, ...given.map(({ value }) => value)].join("\n");
  const secret = addressSecretIn(words, "what is said of it");
  if (secret !== null) return refuse("secret_in_address", secret.message, secret.hint);
  const said = Object.entries(fields).flatMap(([path, value]) =>
    value === undefined ? [] : [{ path, value: JSON.stringify(value) }],
  );
  const set = [...given, ...said];
  const { asset, problems } = await readWithComponents(workspace, (reader) =>
    loadAsset(kind, file, text === null ? reader : withFile(reader, file, text), set),
  );
  if (asset === null) return refuseInvalid(problems);
  const content = await contentOf(workspace, asset, file, { text, copy });
  if (isRefusal(content)) return content;
  const { name, version, description } = asset;
  const tags = { ...asset.tags, ...added };
  const warnings = [...problems, ...(content.warnings ?? [])];
  return register(workspace, kind, { name, version, description, tags }, content, warnings);
}

/** Registers data or a model without a definition file. */
export async function registerGiven(
  workspace: Workspace,
  kind: "data" | "model",
  given: GivenAsset,
): Promise<Registered | Refusal> {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/.test(given.name))
    return refuse(
      "bad_name",
      `${shownName(given.name)} is not a name of an asset`,
      "use up to 255 letters, digits, _, - and .",
    );
  const words = [given.path, given.description ?? "", ...Object.values(given.tags ?? {})];
  const secret = addressSecretIn(words.join("\n"), `what is to be registered as ${given.name}`);
  if (secret !== null) return refuse("secret_in_address", secret.message, secret.hint);
  const parsed = parseDataReference(given.path, given.baseFolder);
  if ("mistake" in parsed)
    return refuse("bad_data_reference", parsed.mistake, DATA_REFERENCE_FORMS);
  const types: readonly string[] = ASSET_TYPES[kind];
  const type = given.type ?? (await defaultType(workspace, kind, parsed.reference));
  if (isRefusal(type)) return type;
  if (!types.includes(type))
    return refuse("bad_type", `${type} is not a type of ${kind}`, `use ${types.join(", ")}`);
  const { name, version, description = null, tags = {}, copy = false } = given;
  const content = await dataContent(workspace, parsed.reference, {
    type: type as DataType,
    copyAs: copy ? name : null,
  });
  if (isRefusal(content)) return content;
  return register(workspace, kind, { name, version, description, tags }, content, []);
}

/** An output stays what its step declared it as; other data is what lies there. */
async function defaultType(
  workspace: Workspace,
  kind: "data" | "model",
  reference: DataReference,
): Promise<DataType | Refusal> {
  const types: readonly string[] = ASSET_TYPES[kind];
  if (reference.kind === "run_output" && reference.path === undefined) {
    const record = await findOutput(workspace, reference.run, reference.output);
    if (isRefusal(record)) return record;
    if (types.includes(record.type)) return record.type;
  }
  if (kind === "model") return "custom_model";
  const found = await createDataResolver(workspace).resolve(reference, "uri_folder");
  if (isRefusal(found)) return found;
  return found.content.kind === "file" ? "uri_file" : "uri_folder";
}

interface AssetContent {
  readonly contentId: string;
  readonly definition: string;
  /** The run whose output it is. */
  readonly run?: string | null;
  readonly warnings?: readonly Problem[];
}

async function contentOf(
  workspace: Workspace,
  asset: LoadedAsset,
  file: string,
  { text, copy }: { readonly text: string | null; readonly copy: boolean },
): Promise<AssetContent | Refusal> {
  switch (asset.kind) {
    case "component":
      return componentContent(workspace, asset, file, text);
    case "environment":
      return environmentContent(workspace, asset);
    case "data":
    case "model":
      if (asset.path === null)
        return refuse("missing_field", `${file} names no path`, DATA_REFERENCE_FORMS);
      return dataContent(workspace, asset.path, {
        type: asset.type as DataType,
        copyAs: copy ? asset.name : null,
      });
    default:
      return asset.kind satisfies never;
  }
}

async function environmentContent(
  workspace: Workspace,
  { environment, baseFolder }: LoadedAsset,
): Promise<AssetContent | Refusal> {
  const frozen = await freezeEnvironment(workspace, environment, baseFolder);
  if (isRefusal(frozen)) return frozen;
  return { contentId: frozen.contentId, definition: JSON.stringify(frozen.kept) };
}

/** A component is what its file says and what everything that it names holds now. */
async function componentContent(
  workspace: Workspace,
  asset: LoadedAsset,
  file: string,
  text: string | null,
): Promise<AssetContent | Refusal> {
  const frozen = await freezeComponent(workspace, file, text);
  if (isRefusal(frozen)) return frozen;
  const definition: ComponentDefinition = {
    text: asset.text,
    baseFolder: asset.baseFolder,
    file,
    frozen: frozen.folder,
  };
  return {
    contentId: digest(canonicalJson({ definition: asset.definition, content: frozen.content })),
    definition: JSON.stringify(definition),
    warnings: frozen.warnings,
  };
}

interface DataOptions {
  readonly type: DataType;
  /** The name under which the bytes are copied into the default datastore; null: they stay where they are. */
  readonly copyAs: string | null;
}

/** Data is its bytes: they are read once, here, wherever they lie. */
async function dataContent(
  workspace: Workspace,
  reference: DataReference,
  { type, copyAs }: DataOptions,
): Promise<AssetContent | Refusal> {
  const resolved = await createDataResolver(workspace).resolve(reference, type);
  if (isRefusal(resolved)) return resolved;
  const { content } = resolved;
  const noTable = type === "mltable" ? whyNoMlTable(resolved.path) : null;
  if (noTable !== null) return noTable;
  const copied =
    copyAs === null ? null : await copyData(workspace, resolved, { type, name: copyAs });
  if (isRefusal(copied)) return copied;
  if (copied === null) {
    const notKept = await keepData(workspace, [resolved]);
    if (notKept !== null) return notKept;
  }
  const definition: DataDefinition = {
    type,
    reference: copied ?? reference,
    contentId: content.id,
    sizeBytes: content.sizeBytes,
    files: content.files,
    ...(copied === null ? {} : { copied: true }),
  };
  return {
    // The same as for outputs that a run registers, so that one content is never two.
    contentId: content.id,
    definition: JSON.stringify(definition),
    run: reference.kind === "run_output" ? reference.run : null,
  };
}

async function register(
  workspace: Workspace,
  kind: AssetKind,
  head: Pick<AssetRow, "name" | "description" | "tags"> & { readonly version: string | null },
  { contentId, definition, run = null }: AssetContent,
  warnings: readonly Problem[],
): Promise<Registered | Refusal> {
  if (head.version !== null && !/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/.test(head.version))
    return refuse(
      "bad_name",
      `${shownName(head.version)} is not a version of an asset`,
      "use up to 255 letters, digits, _, - and .",
    );
  if (head.version === "latest")
    return refuse(
      "bad_name",
      "latest is always the newest version, and no name of one",
      "choose another version, or leave it out for the next free one",
    );
  const outcome = await workspace.records.createAsset({
    kind,
    ...head,
    contentId,
    definition,
    createdAt: workspace.clock.now(),
    createdBy: workspace.user,
    run,
  });
  if (outcome.kind === "conflict") {
    const gone = await workspace.records.removedAsset(outcome.existing);
    const how =
      gone === null ? "exists with other content" : `was ${describeRemoval(gone.removed)}`;
    return conflict(kind, outcome.existing, how, outcome.nextVersion);
  }
  const { asset } = outcome;
  const [now, before] = [typeOf(definition), typeOf(asset.definition)];
  if (outcome.kind === "same" && now !== before)
    return conflict(
      kind,
      asset,
      `exists as ${before}, not ${now}`,
      await nextVersion(workspace, asset),
    );
  return { outcome: outcome.kind, asset, warnings };
}

/** The same bytes can be a folder to one reader and a table to another. */
function typeOf(definition: string): string | null {
  return (JSON.parse(definition) as { readonly type?: string }).type ?? null;
}

async function nextVersion(workspace: Workspace, { kind, name }: AssetRow): Promise<string> {
  const versions = await workspace.records.assets(kind, name);
  const numbers = versions.map((row) => Number(row.version)).filter(Number.isSafeInteger);
  return String(Math.max(0, ...numbers) + 1);
}

function conflict(kind: AssetKind, existing: AssetRow, how: string, next: string): Refusal {
  return refuse(
    "asset_version_conflict",
    `${kind} ${existing.name}:${existing.version} ${how}; a version never changes`,
    `the next free version is ${next}: write it as the version, or leave the version out`,
  );
}
