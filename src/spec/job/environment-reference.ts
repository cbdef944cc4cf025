// Reads the software that a step asks for: the name of an environment, a file, or one written inline; the files that it
// names are read into it. Knows nothing of how an environment is built.

import path from "node:path";
import { parseAssetName, parseShortName } from "../asset-name.ts";
import { localPath } from "../data-reference.ts";
import { namesInWords } from "../did-you-mean.ts";
import { checkFields } from "../fields/check-fields.ts";
import { inlineEnvironment } from "../fields/environment.ts";
import { liveFolder } from "../frozen-root.ts";
import type { EnvironmentDefinition, EnvironmentReference } from "../graph.ts";
import { toPlain } from "../plain.ts";
import { getMapping, getSet, getText, type TreeMapping, type TreeNode, textOf } from "../tree.ts";
import { checkConda } from "./check-conda.ts";
import type { LoadContext } from "./load-context.ts";

/** The reference, or null for none (or after reporting what is wrong with it). */
export function readEnvironment(
  node: TreeNode | null,
  base: string,
  context: LoadContext,
): EnvironmentReference | null {
  if (node === null) return null;
  const known = context.made.get(node) as EnvironmentReference | null | undefined;
  if (known !== undefined) return known;
  const read = readNew(node, base, context);
  context.made.set(node, read);
  return read;
}

function readNew(node: TreeNode, base: string, context: LoadContext): EnvironmentReference | null {
  if (node.kind === "mapping") return { kind: "inline", ...readDefinition(node, base, context) };
  const text = textOf(node)?.trim();
  if (text === undefined || text === "") return null;
  const asset = parseAssetName(text) ?? (looksLikeFile(text) ? null : parseShortName(text));
  if (asset !== null) return { kind: "asset", ...asset };
  if (text.startsWith("azureml:")) {
    const message = `\`${text}\` is not the name of an environment`;
    const hint =
      "Write `azureml:name:version`, `azureml:name@label`, a file, or the environment itself.";
    context.error(node, "bad_environment", message, hint);
    return null;
  }
  const file = localPath(text, base);
  const tree = context.readFile(file, node);
  if (tree === null) return null;
  checkFields(tree, inlineEnvironment, context.report);
  return { kind: "inline", ...readDefinition(tree, path.dirname(file), context) };
}

/** An environment's fields with the conda and requirements files that they name. */
export function readDefinition(
  tree: TreeMapping,
  base: string,
  context: LoadContext,
): EnvironmentDefinition {
  const build = getMapping(tree, "build");
  const folder = buildFolder(getSet(build, "path"), base, context);
  const requirements = getSet(tree, "requirements");
  const packages = getSet(tree, "packages");
  const python = getText(tree, "python");
  const isVersion = python !== null && isPythonVersion(python);
  warnOfUnread(tree, isVersion, context);
  warnOfNothing(tree, context);
  return {
    name: getText(tree, "name"),
    image: getText(tree, "image"),
    conda: readConda(getSet(tree, "conda_file"), base, context),
    build: folder === null ? null : { path: folder, dockerfile: getText(build, "dockerfile_path") },
    requirements: readRequirements(requirements, base, context),
    project: existingPath(getSet(tree, "project"), base, context),
    python: isVersion ? null : existingPath(getSet(tree, "python"), liveFolder(base), context),
    packages:
      packages?.kind === "list" ? packages.items.flatMap((item) => textOf(item) ?? []) : null,
    pythonVersion: isVersion ? python : null,
  };
}

/** Of our own keys the first counts; Azure's beside them are for Azure. A Python version goes with packages alone. */
function warnOfUnread(tree: TreeMapping, isVersion: boolean, context: LoadContext): void {
  const ways = [...(isVersion ? [] : ["python"]), "project", "packages", "requirements"];
  const [first, ...unread] = ways.filter((key) => getSet(tree, key) !== null);
  const beside = first ?? (getSet(tree, "conda_file") === null ? undefined : "conda_file");
  if (isVersion && (beside === "project" || beside === "conda_file")) unread.push("python");
  for (const key of unread) {
    const message = `\`${key}\` of the environment is not read: its \`${beside}\` says what is in it`;
    context.warn(tree.entries.get(key)?.key ?? tree, "not_read", message, "Leave one of them out.");
  }
}

/** Each of them says what is in it, the name by a table; a Python version alone: nothing but that Python. */
const SAYING = "image conda_file build requirements project packages name python".split(" ");

/** Its steps would get the Python of the shell, as without an environment, and with another word for it. */
function warnOfNothing(tree: TreeMapping, context: LoadContext): void {
  if (SAYING.some((key) => getSet(tree, key) !== null)) return;
  // What a key that is told as unknown was to say nobody knows.
  if (![...tree.entries.keys()].every((key) => Object.hasOwn(inlineEnvironment.fields, key)))
    return;
  const message = "the environment does not say what is in it: steps get the Python of the shell";
  const hint = `Name one of ${namesInWords(SAYING)}; or leave the environment out.`;
  context.warn(tree, "empty_environment", message, hint);
}

/** `3.11`; anything else behind `python` is the path of an interpreter. */
export function isPythonVersion(text: string): boolean {
  return /^\d+(?:\.\d+){0,2}$/.test(text);
}

/** `./env.yml` is a file; `azureml:name:1` and `name:1` are names. */
export function looksLikeFile(text: string): boolean {
  return /^(?:\.|\/|file:)/.test(text) || /\.(?:ya?ml|json)$/i.test(text);
}

function readConda(
  node: TreeNode | null,
  base: string,
  context: LoadContext,
): EnvironmentDefinition["conda"] {
  if (node === null) return null;
  if (node.kind !== "scalar") {
    if (node.kind === "mapping") checkConda(node, context);
    return { path: null, content: toPlain(node) };
  }
  const file = localPath(node.text, base);
  const tree = context.readFile(file, node);
  if (tree === null) return null;
  checkConda(tree, context);
  return { path: file, content: toPlain(tree) };
}

function readRequirements(
  node: TreeNode | null,
  base: string,
  context: LoadContext,
): EnvironmentDefinition["requirements"] {
  if (node?.kind !== "scalar") return null;
  const file = localPath(node.text, base);
  const text = context.readText(file, node);
  return text === null ? null : { path: file, text };
}

/** Azure ML also builds from an address; nothing is read from it here. */
function buildFolder(node: TreeNode | null, base: string, context: LoadContext): string | null {
  const text = textOf(node);
  if (text === null) return null;
  const isElsewhere = /^(?:git\+|(?!file:)[a-z][a-z0-9+.-]+:\/\/)/i.test(text);
  return isElsewhere ? localPath(text, base) : existingPath(node, base, context);
}

function existingPath(node: TreeNode | null, base: string, context: LoadContext): string | null {
  if (node?.kind !== "scalar") return null;
  const at = localPath(node.text, base);
  if (context.kind(at) === null) {
    const message = `there is nothing at \`${at}\``;
    context.error(node, "missing_path", message, () => context.pathHint(node.text, at));
  }
  return at;
}
