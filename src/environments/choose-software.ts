// Decides what an environment reference means on this machine: an interpreter as it is, or packages to be installed.
// Looks names up in the workspace's table, its assets and the curated environments. Makes and installs nothing.

import path from "node:path";
import type {
  EnvironmentFailure,
  EnvironmentLookup,
  RegisteringEnvironment,
} from "../ports/environments.ts";
import { readBytes, textOrNull } from "../ports/read-file.ts";
import { utf8Text } from "../ports/utf8-text.ts";
import type { EnvironmentDefinition, EnvironmentReference } from "../spec/graph.ts";
import { SPEC_LIMITS } from "../spec/limits.ts";
import { own } from "../spec/own-keys.ts";
import { toPlain } from "../spec/plain.ts";
import { readTree } from "../spec/read-tree.ts";
import { describeBrought } from "./conda-libraries.ts";
import { condaPackages, condaVariables } from "./conda-packages.ts";
import { CURATED_NAMES, curatedEnvironment, shortName } from "./curated.ts";
import { readRequirements } from "./read-requirements.ts";

/** What a step's software comes down to. */
export type Software =
  /** The interpreter that `python` means in the user's shell. */
  | { readonly kind: "host" }
  | { readonly kind: "python"; readonly path: string; readonly label: string }
  | PackageSoftware
  | { readonly kind: "project"; readonly folder: string; readonly label: string };

export interface PackageSoftware {
  readonly kind: "packages";
  /** For people, and the first part of the lock's file name. */
  readonly label: string;
  /** `3.8`, `3.8.12`, or null for the shell's own. */
  readonly python: string | null;
  /** Others that are as good, as a marker; no part of what is asked for. */
  readonly pythons?: string;
  readonly requirements: readonly string[];
  readonly constraints: readonly string[];
  /** Options in pip's syntax: `--extra-index-url …`. */
  readonly options: readonly string[];
  /** Package → hashes that the definition asks for; the lock keeps no others of it. */
  readonly hashes: Readonly<Record<string, readonly string[]>>;
  /** Where relative folders of `options` lie: no part of what is asked for. */
  readonly folder: string | null;
  /** Set for each command that runs in it; no part of the lock. */
  readonly variables: Readonly<Record<string, string>>;
}

export type EnvironmentTable = Readonly<
  Record<string, EnvironmentDefinition | { readonly alias: string }>
>;

export type Choice =
  | { readonly ok: true; readonly software: Software; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly failure: EnvironmentFailure };

type Named = Extract<EnvironmentReference, { readonly kind: "asset" }>;

export interface AssetLookup {
  readonly lookup: EnvironmentLookup;
  /** Left out: nobody can look. */
  readonly registering?: RegisteringEnvironment;
}

/** What `reference` means here. */
export async function chooseSoftware(
  reference: EnvironmentReference | null,
  table: EnvironmentTable,
  { lookup, registering = () => null }: AssetLookup,
): Promise<Choice> {
  if (reference === null) return chosen({ kind: "host" });
  if (reference.kind === "inline") return fromDefinition(reference, table, reference.name);
  const { name, version, label, registry } = reference;
  const names = [...(version === null ? [] : [`${name}:${version}`]), name];
  const mapped = fromTable(names, table);
  if (mapped !== null) return mapped;
  const asset = registry === null ? await lookup(name, version, label) : null;
  if (asset?.kind === "inline") return fromDefinition(asset, table, name);
  const curated = curatedEnvironment(name);
  if (curated !== null) return chosen(packages(shortName(name), curated.packages, curated.python));
  const isExact = registry === null && (version !== null || label !== null);
  if (isExact && (await lookup(name, null, "latest")) !== null)
    return failed(
      "unknown_environment",
      `The environment ${name} has no ${version === null ? `label ${label}` : `version ${version}`}.`,
      `See what there is: stepwell environment list. The newest: azureml:${name}@latest.`,
    );
  return unknown(reference, table, registering(name, version));
}

function fromTable(names: readonly string[], table: EnvironmentTable): Choice | null {
  const wanted = new Set(names.flatMap((name) => [name, shortName(name)]));
  for (let hops = 0; hops < 20; hops += 1) {
    const key = Object.keys(table).find((each) => wanted.has(each) || wanted.has(shortName(each)));
    const row = key === undefined ? undefined : own(table, key);
    if (key === undefined || row === undefined) return null;
    if (!("alias" in row)) return fromDefinition(row, {}, shortName(key));
    if (!(row.alias in table)) {
      const curated = curatedEnvironment(row.alias);
      if (curated !== null)
        return chosen(packages(shortName(row.alias), curated.packages, curated.python));
    }
    wanted.clear();
    wanted.add(row.alias);
  }
  return failed(
    "unknown_environment",
    `The environments of stepwell.yml name each other in a circle: ${names[0]}.`,
    "Let one of them list `packages`.",
  );
}

function fromDefinition(
  definition: EnvironmentDefinition,
  table: EnvironmentTable,
  name: string | null,
): Choice {
  const label = definition.name ?? name;
  const mapped = fromTable(tableNames(definition, label), table);
  if (mapped !== null) return mapped;
  if (definition.python !== null)
    return chosen({ kind: "python", path: definition.python, label: definition.python });
  if (definition.project !== null)
    return chosen({ kind: "project", folder: definition.project, label: label ?? "project" });
  if (definition.packages !== null)
    return fromLines(
      definition.packages,
      { base: null },
      label ?? "packages",
      definition.pythonVersion,
    );
  if (definition.requirements !== null)
    return fromRequirements(
      { ...definition.requirements, kept: definition.files },
      label,
      definition.pythonVersion,
    );
  if (definition.conda !== null) return fromConda(definition.conda, label, definition.files);
  if (definition.build !== null) return fromBuildContext(definition.build, label);
  // A version alone: that Python, with nothing installed in it.
  if (definition.pythonVersion !== null)
    return chosen(packages(label ?? "python", [], definition.pythonVersion));
  return chosen({ kind: "host" });
}

/** Under what the table may say something else: also the names by which messages speak of it. */
function tableNames(definition: EnvironmentDefinition, label: string | null): readonly string[] {
  const { name, image, conda, build, ...others } = definition;
  // What an image has counts where nothing is installed beside it.
  const { requirements, packages: listed, project, python } = others;
  const isAlone = [conda, requirements, listed, project, python].every((each) => each === null);
  const told = [
    conda === null ? null : condaLabel(conda, label),
    build === null ? null : buildLabel(build, label),
  ];
  return [name, isAlone ? image : null, ...told].filter((each) => each !== null);
}

function condaLabel(
  { content, path: file }: NonNullable<EnvironmentDefinition["conda"]>,
  label: string | null,
): string {
  const own = (content as { readonly name?: unknown } | null)?.name;
  return label ?? (typeof own === "string" ? own : null) ?? stem(file) ?? "conda";
}

function buildLabel(
  build: NonNullable<EnvironmentDefinition["build"]>,
  label: string | null,
): string {
  return label ?? path.basename(build.path);
}

function fromConda(
  conda: NonNullable<EnvironmentDefinition["conda"]>,
  label: string | null,
  kept?: EnvironmentDefinition["files"],
): Choice {
  const found = condaPackages(conda.content);
  const name = condaLabel(conda, label);
  if (found.unsupported.length > 0) {
    const what = found.unsupported.join(", ");
    return failed(
      "unsupported_environment",
      `The conda environment ${name} asks for what is not a Python package: ${what}.`,
      `Install it on this machine and remove it from the file, or say what to use instead in stepwell.yml: environments: {${JSON.stringify(name)}: {packages: […]}}, or {python: /path/to/conda/env/bin/python}.`,
    );
  }
  const base = conda.path === null ? null : path.dirname(conda.path);
  const choice = fromLines(withSetuptools(found.requirements), { base, kept }, name, found.python);
  if (!choice.ok || choice.software.kind !== "packages") return choice;
  const { pythons } = found;
  const variables = condaVariables(conda.content);
  const software = { ...choice.software, pythons, variables };
  if (found.brought.size === 0) return { ...choice, software };
  const note = `The conda environment ${name} lists libraries for which nothing is installed here: ${describeBrought(found.brought)}.`;
  return { ...choice, software, warnings: [...choice.warnings, note] };
}

/** Conda's pip brings it; older packages (mlflow 2.7, azureml-core) import its `pkg_resources`, which newer ones lack. */
function withSetuptools(requirements: readonly string[]): readonly string[] {
  if (requirements.length === 0) return requirements;
  const isAsked = requirements.some((line) => /^setuptools(?![\w.-])/i.test(line));
  return isAsked ? requirements : [...requirements, "setuptools<81"];
}

function fromRequirements(
  file: NonNullable<EnvironmentDefinition["requirements"]> & Pick<Around, "kept">,
  label: string | null,
  python: string | null,
): Choice {
  const name = label ?? stem(file.path) ?? "requirements";
  const around = { base: path.dirname(file.path), kept: file.kept };
  return fromLines(file.text.split("\n"), around, name, python);
}

/** Where files lie that lines name, and the texts of those that were kept. */
interface Around {
  readonly base: string | null;
  readonly kept?: EnvironmentDefinition["files"] | undefined;
}

function fromLines(
  lines: readonly string[],
  { base, kept = {} }: Around,
  label: string,
  python: string | null,
): Choice {
  const read = readRequirements(lines, base, kept);
  if (!read.ok) return failed("unsupported_environment", read.message, read.hint);
  const { requirements, constraints, options, hashes } = read;
  const plain = packages(label, requirements, python);
  return chosen({ ...plain, constraints, options, hashes, folder: base });
}

/** A Dockerfile cannot be built here; what it most often installs can. */
function fromBuildContext(
  build: NonNullable<EnvironmentDefinition["build"]>,
  label: string | null,
): Choice {
  const name = buildLabel(build, label);
  const found = INSTALLED.find((file) => isInstalled(path.join(build.path, file)));
  const note = `The environment ${JSON.stringify(name)} is built from ${build.dockerfile ?? "a Dockerfile"}, which is not possible without containers`;
  const way = `; to choose the packages yourself: environments: {${JSON.stringify(name)}: {packages: […]}} in stepwell.yml.`;
  if (found === undefined)
    return chosen({ kind: "host" }, `${note}: the python of your shell is used${way}`);
  const file = path.join(build.path, found);
  const read = utf8Text(readBytes(file), file);
  if (!read.ok) {
    const hint = read.hint ?? "Save it as UTF-8.";
    return failed("unsupported_environment", `${file} cannot be read: ${read.reason}.`, hint);
  }
  const { text } = read;
  const choice = found.endsWith(".txt")
    ? fromRequirements({ path: file, text }, name, null)
    : fromCondaText({ path: file, text }, name);
  if (!choice.ok) return choice;
  return {
    ...choice,
    warnings: [`${note}: its ${found} is installed instead${way}`, ...choice.warnings],
  };
}

/** What Dockerfiles copy and install, by the names that it has; the first there is counts. */
const INSTALLED = [
  "requirements.txt",
  ...["conda_dependencies", "conda", "environment", "conda_env"].flatMap((name) => [
    `${name}.yaml`,
    `${name}.yml`,
  ]),
];

/** An `environment.yml` may also be Azure ML's own file, of the environment that is built from this folder. */
function isInstalled(file: string): boolean {
  const text = textOrNull(file);
  return text !== null && (file.endsWith(".txt") || /^dependencies:/m.test(text));
}

function fromCondaText(file: { readonly path: string; readonly text: string }, label: string) {
  const { root, problems } = readTree(file.text, file.path, SPEC_LIMITS);
  const wrong = problems.find((problem) => problem.severity === "error");
  if (root === null || wrong !== undefined) {
    const reason = wrong?.message ?? "it is empty";
    const hint = "Correct it, or say in stepwell.yml what to use instead.";
    return failed("unsupported_environment", `${file.path} cannot be read: ${reason}`, hint);
  }
  return fromConda({ path: file.path, content: toPlain(root) }, label);
}

function unknown(
  { name, version, registry }: Named,
  table: EnvironmentTable,
  registering: string | null,
): Choice {
  const known = [...Object.keys(table), ...CURATED_NAMES];
  const near = nearest(name, known);
  const where = registry === null ? "" : ` of the registry ${registry}`;
  const key = JSON.stringify(name);
  const line = `environments: {${key}: {packages: [numpy, pandas]}}, or the name of another one: {${key}: ${near[0] ?? "sklearn-1.5"}}.`;
  const isOwn = registry === null && !/^azureml-/i.test(name);
  const create =
    registering ??
    `stepwell environment create FILE${version === null ? "" : ` --version ${version}`}`;
  return failed(
    "unknown_environment",
    `No environment named ${name}${where} is known.${near.length > 0 ? ` Near names: ${near.join(", ")}.` : ""}`,
    isOwn || registering !== null
      ? `Register the file that defines it: ${create}. Or add to stepwell.yml: ${line}`
      : `Add to stepwell.yml: ${line}`,
  );
}

/** Up to three names that share a beginning or most letter pairs with the wanted one. */
function nearest(name: string, known: readonly string[]): string[] {
  const wanted = pairs(shortName(name));
  const score = (other: string): number => {
    const theirs = pairs(shortName(other));
    const common = [...wanted].filter((pair) => theirs.has(pair)).length;
    return (2 * common) / (wanted.size + theirs.size);
  };
  return known
    .map((other) => ({ other, score: score(other) }))
    .filter((each) => each.score > 0.3)
    .sort((a, b) => b.score - a.score)
    .slice(0, 3)
    .map((each) => each.other);
}

function pairs(text: string): Set<string> {
  return new Set([...text].slice(1).map((letter, index) => `${text[index]}${letter}`));
}

function packages(
  label: string,
  requirements: readonly string[],
  python: string | null,
): PackageSoftware {
  const none = { constraints: [], options: [], hashes: {}, folder: null, variables: {} };
  return { kind: "packages", label, python, requirements, ...none };
}

function stem(file: string | null): string | null {
  return file === null ? null : path.basename(file).replace(/\.[^.]+$/, "");
}

function chosen(software: Software, ...warnings: string[]): Choice {
  return { ok: true, software, warnings };
}

function failed(code: EnvironmentFailure["code"], message: string, hint: string): Choice {
  return { ok: false, failure: { code, message, hint } };
}
