// One output of a step: its kind, the name that it is registered under, what counts as the same, and where a copy goes.
// Knows nothing of who reads it.

import { posix } from "node:path";
import { assetKindOf } from "../asset-kind.ts";
import { parseCloudAddress } from "../cloud-address.ts";
import { DATA_REFERENCE_FORMS, parseDataReference } from "../data-reference.ts";
import { didYouMean, namesInWords } from "../did-you-mean.ts";
import { liveFolder } from "../frozen-root.ts";
import type { DataReference, StepOutput } from "../graph.ts";
import { soleReference, templateReferences } from "../template.ts";
import { getSet, getWord, type TreeNode, type TreeScalar, textOf } from "../tree.ts";
import { dataType } from "./component.ts";
import type { LoadContext } from "./load-context.ts";
import {
  type OutputDeclaration,
  type OutputRequest,
  outputDeclarations,
  outputMode,
  outputRequests,
  outputType,
  outputValue,
  parentOutput,
} from "./made-outputs.ts";
import type { JobNode } from "./scope.ts";

/** Names and versions of assets are ids, never paths. */
const ASSET_WORD = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/;

export function outputOf(node: JobNode, name: string, context: LoadContext): StepOutput {
  const requests = outputRequests(node, name);
  const asked: readonly Asked[] = [...requests, ...outputDeclarations(node, name)];
  const same = readSame(node, name, asked, context);
  const output = {
    type: outputType(node, name),
    mode: outputMode(node, name),
    publishTo: publishTo(requests, context),
    ...readRegistered(node, name, asked, context),
  };
  const value = outputValue(node, name);
  return {
    ...(same === null ? {} : { same }),
    ...output,
    ...(value === null ? {} : { value }),
  };
}

/** Who asks something of an output: a node, or a component, whose words may name its inputs. */
type Asked = { readonly value: TreeNode } & Partial<OutputDeclaration>;

/** The first name that is given, with a version of those before it or its own: a version belongs to a name. */
function readRegistered(
  node: JobNode,
  name: string,
  asked: readonly Asked[],
  context: LoadContext,
): Pick<StepOutput, "registerName" | "registerVersion"> {
  let registerName: string | null = null;
  let registerVersion: string | null = null;
  for (const one of asked) {
    registerName = assetWord(node, one, "name", context);
    registerVersion ??= assetWord(node, one, "version", context);
    if (registerName === null) continue;
    warnOfOtherKind(node, name, one.value, context);
    break;
  }
  if (registerName === null) warnOfVersionAlone(name, asked, context);
  return { registerName, registerVersion };
}

/** A folder that a component makes is no model because a pipeline around it says so: nobody would find it among the models. */
function warnOfOtherKind(node: JobNode, name: string, asked: TreeNode, context: LoadContext): void {
  const word = getWord(asked, "type");
  if (word === null) return;
  const type = outputType(node, name);
  const kind = assetKindOf(type);
  if (assetKindOf(dataType(word)) === kind) return;
  const message = `the output \`${name}\` is a ${word} here, and its component makes a ${type}: it is registered as ${kind === "data" ? "data" : "a model"}`;
  const hint = `Write \`type: ${word}\` where the component declares the output.`;
  context.warn(getSet(asked, "type"), "type_mismatch", message, hint);
}

/** Azure ML's client refuses it; here nothing is registered, which is no reason to stop. */
function warnOfVersionAlone(output: string, asked: readonly Asked[], context: LoadContext): void {
  if (asked.some(({ value }) => getSet(value, "name") !== null)) return;
  const version = asked.map(({ value }) => getSet(value, "version")).find((one) => one !== null);
  if (version === undefined || version === null) return;
  const message = `the output \`${output}\` has a version and no name: it is not registered`;
  context.warn(version, "not_read", message, "Add `name: …`, or remove the version.");
}

/** A name or version; that of a component may come from an input: `${{inputs.x}}`. */
function assetWord(
  node: JobNode,
  { value, component, inputs }: Asked,
  key: "name" | "version",
  context: LoadContext,
): string | null {
  const place = getSet(value, key);
  const written = textOf(place);
  if (written === null) return null;
  const target = inputs === undefined ? undefined : soleReference(written)?.target;
  const input = target?.scope === "inputs" ? target.name : null;
  const source = input === null ? undefined : inputs?.get(input)?.source;
  // One that is missing has been reported.
  const isMissing = source === undefined && input !== null && component?.inputs.has(input) === true;
  if (source?.kind === "unset" || isMissing) return null;
  const text = source?.kind === "literal" ? source.literal.text : written;
  if (ASSET_WORD.test(text)) return text;
  const message = `\`${text}\` is not a ${key} of an asset`;
  const letters = "Use up to 255 letters, digits, `_`, `-` and `.`";
  const hint = inputs === undefined ? `${letters}.` : `${letters}, or a value: \`\${{inputs.x}}\`.`;
  context.error(source === undefined ? place : node.key, "bad_name", message, hint);
  return null;
}

/** What the node, else a component, says of other bytes; null where neither does. */
function readSame(
  node: JobNode,
  name: string,
  asked: readonly { readonly value: TreeNode }[],
  context: LoadContext,
): NonNullable<StepOutput["same"]> | null {
  const values = asked.map(({ value }) => value);
  const given = values.map((value) => getSet(value, "same")).find((one) => one !== null) ?? null;
  if (textOf(given) === "bytes") return "bytes";
  const patterns = getSet(given, "ignore");
  if (given === null || patterns?.kind !== "list") return null;
  if (outputType(node, name) === "uri_file") {
    const message = `output \`${name}\` is one file, and \`same.ignore\` names files in a folder`;
    context.error(given, "unknown_value", message, "Make it a uri_folder, or leave `same` out.");
  }
  return patterns.items.flatMap((item) => textOf(item) ?? []);
}

function publishTo(requests: readonly OutputRequest[], context: LoadContext): DataReference | null {
  for (const { name, value, base } of requests) {
    const at = value.kind === "mapping" ? getSet(value, "path") : null;
    if (at?.kind !== "scalar" || parentOutput(value) !== null) continue;
    checkWords(at, context);
    const text = at.text.replaceAll(OUTPUT_NAME, () => name);
    const parsed = parseDataReference(text, liveFolder(base));
    if (!("reference" in parsed)) {
      context.error(at, "bad_data_reference", parsed.mistake, DATA_REFERENCE_FORMS);
      continue;
    }
    const { reference } = parsed;
    if (leavesDatastore(reference)) {
      const message = `\`${at.text}\` leaves the datastore`;
      context.error(at, "bad_data_reference", message, "Write a path inside of it.");
      continue;
    }
    if (canBeWritten(reference)) return asFolder(reference, text);
    const message = `nothing can be written to \`${at.text}\``;
    const hint =
      "Write a local path or `azureml://datastores/NAME/paths/…`; data is registered by `name`, without a `path`.";
    context.error(at, "bad_data_reference", message, hint);
  }
  return null;
}

const OUTPUT_NAME = /\$\{\{\s*output_name\s*\}\}/g;
const WORDS: readonly string[] = ["name", "default_datastore", "output_name"];

/** Whatever else were written so would become a folder of that name. */
function checkWords(at: TreeScalar, context: LoadContext): void {
  for (const { text, raw } of templateReferences(at.text)) {
    if (WORDS.includes(text)) continue;
    const known = `A path may hold ${namesInWords(WORDS.map((word) => `\${{${word}}}`))}.`;
    const hint = (): string | null => {
      const near = didYouMean(text, WORDS);
      return near === null ? known : `Did you mean \`\${{${near}}}\`?`;
    };
    context.error(at, "bad_binding", `\`${raw}\` means nothing in the path of an output`, hint);
  }
}

function leavesDatastore(reference: DataReference): boolean {
  return reference.kind === "datastore" && /^\.\.(?:\/|$)/.test(posix.normalize(reference.path));
}

/** Named data, outputs of runs and addresses of the web are there to be read. */
function canBeWritten(reference: DataReference): boolean {
  if (reference.kind === "url") return parseCloudAddress(reference.url) !== null;
  return reference.kind === "local" || reference.kind === "datastore";
}

/** `./out/` is a folder: a file goes into it under its own name. */
function asFolder(reference: DataReference, text: string): DataReference {
  const isFolder = reference.kind === "local" && /[^/]\/+\s*$/.test(text);
  return isFolder ? { kind: "local", path: `${reference.path}/` } : reference;
}
