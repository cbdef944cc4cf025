// Registries: folders of components, the one that ships with Stepwell among them, named `azureml://registries/NAME/…`. Reads
// files; knows nothing of what is registered in a workspace.

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type IgnorePattern, ignorePatterns, isIgnored } from "../../core/ignore-patterns.ts";
import { textOrNull } from "../../ports/read-file.ts";
import { namesInWords, suggestion } from "../../spec/did-you-mean.ts";
import { componentTypeOf } from "../../spec/job/component-type.ts";
import { SPEC_LIMITS } from "../../spec/limits.ts";
import { readMapping } from "../../spec/read-tree.ts";
import type { MissingComponent, RegisteredComponent } from "../../spec/reader.ts";
import { getText, type TreeMapping } from "../../spec/tree.ts";
import type { WorkspaceConfig } from "../../spec/workspace-config.ts";

/** The registry that ships. */
export const BUILTIN = "stepwell";

export interface RegistryComponent {
  readonly name: string;
  readonly version: string;
  /** Absolute path of its definition. */
  readonly file: string;
  readonly text: string;
  /** Null where the file cannot be read as a mapping. */
  readonly tree: TreeMapping | null;
}

export interface WantedComponent {
  readonly name: string;
  /** Version and label both null: the latest. */
  readonly version: string | null;
  readonly label: string | null;
  readonly registry: string;
}

type Registries = WorkspaceConfig["registries"];

/** Folder of a registry, or null: there is none of that name. */
export function registryFolder(registries: Registries, name: string): string | null {
  if (name === BUILTIN) return builtinFolder();
  return Object.hasOwn(registries, name) ? (registries[name] ?? null) : null;
}

/** Beside the bundle; in development where the build puts it. */
function builtinFolder(): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const beside = path.join(here, "library");
  return fs.existsSync(beside) ? beside : path.resolve(here, "../../../dist/library");
}

/** What a reader of definitions is given for a name in a registry; null where no registry has that name. */
export function readRegistry(
  registries: Registries,
  wanted: WantedComponent,
): RegisteredComponent | MissingComponent | null {
  const folder = registryFolder(registries, wanted.registry);
  if (folder === null) return null;
  const found = findInRegistry(folder, wanted);
  if ("missing" in found) return found;
  return {
    version: found.version,
    definition: found.text,
    baseFolder: path.dirname(found.file),
    file: found.file,
    place: found.file,
    reference: componentAddress(wanted.registry, found),
  };
}

export function componentAddress(
  registry: string,
  { name, version }: Pick<RegistryComponent, "name" | "version">,
): string {
  return `azureml://registries/${registry}/components/${name}/versions/${version}`;
}

export function findInRegistry(
  folder: string,
  { name, version, label, registry }: WantedComponent,
): RegistryComponent | MissingComponent {
  const gone = missingFolder(folder, registry);
  if (gone !== null) return gone;
  const all = listRegistry(folder);
  const named = all.filter((one) => one.name === name);
  if (named.length === 0) {
    const names = [...new Set(all.map((one) => one.name))];
    return {
      missing: `the registry \`${registry}\` has no component \`${name}\``,
      hint: suggestion(name, names, `It has ${namesInWords(names)}.`) ?? "",
    };
  }
  if (label !== null)
    return {
      missing: `components of the registry \`${registry}\` have no label \`${label}\``,
      hint: "A folder knows only `latest`; or name a version: `…/versions/1`.",
    };
  const latest = named.at(-1)?.version;
  const fitting = named.filter((one) => one.version === (version ?? latest));
  const [found, other] = fitting;
  if (found === undefined)
    return {
      missing: `the registry \`${registry}\` has no version \`${version}\` of \`${name}\``,
      hint: `It has ${namesInWords(named.map((one) => one.version))}.`,
    };
  if (other !== undefined)
    return {
      missing: `two files of the registry \`${registry}\` say that they are \`${name}\` version ${found.version}: ${found.file} and ${other.file}`,
      hint: "Give one of them another `version`.",
    };
  return found;
}

export function missingFolder(folder: string, registry: string): MissingComponent | null {
  const kind = fs.statSync(folder, { throwIfNoEntry: false });
  if (kind?.isDirectory() === true) return null;
  return {
    missing: `the registry \`${registry}\` is the folder ${folder}, which is not there`,
    hint: "Make it, or name another one under `registries` in stepwell.yml.",
  };
}

/** Every component, by name and then from the oldest version to the newest. */
export function listRegistry(folder: string): readonly RegistryComponent[] {
  const rules = rulesOf(folder);
  const found: RegistryComponent[] = [];
  for (const entry of entriesOf(folder, folder, rules)) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) found.push(...inFolder(folder, at, rules));
    else found.push(...readFile(at, /^(.*)\.ya?ml$/.exec(entry.name)?.[1] ?? ""));
  }
  return found.sort(
    (a, b) => order(a.name, b.name) || order(a.version, b.version) || order(a.file, b.file),
  );
}

/** The component of a folder; where it has none of its own, those of its folders: versions side by side. */
function inFolder(root: string, folder: string, rules: Rules): readonly RegistryComponent[] {
  const entries = entriesOf(root, folder, rules);
  const files = entries.filter((entry) => !entry.isDirectory());
  const given = path.basename(folder);
  const own = files.flatMap(({ name }) => readFile(path.join(folder, name), given));
  if (own.length > 0) return own;
  return entries
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: inner }) =>
      entriesOf(root, path.join(folder, inner), rules)
        .filter((entry) => !entry.isDirectory())
        .flatMap(({ name }) => readFile(path.join(folder, inner, name), given, inner)),
    );
}

/** Folders and YAML files that count: none that is hidden, of packages, ignored, or an example of how to use its neighbour. */
function entriesOf(root: string, folder: string, rules: Rules): readonly fs.Dirent[] {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const at = path.join(folder, entry.name);
    const kind = entry.isSymbolicLink() ? fs.statSync(at, { throwIfNoEntry: false }) : entry;
    const isFolder = kind?.isDirectory() ?? false;
    if (/^(\.|node_modules$|__pycache__$|example\.ya?ml$)/.test(entry.name)) return [];
    if (!isFolder && !(kind?.isFile() && /\.ya?ml$/.test(entry.name))) return [];
    const relative = path.relative(root, at).split(path.sep).join("/");
    return isIgnored(rules, isFolder ? `${relative}/` : relative)
      ? []
      : [Object.assign(entry, { isDirectory: () => isFolder })];
  });
}

type Rules = readonly IgnorePattern[];

function rulesOf(folder: string): Rules {
  const files = [".amlignore", ".gitignore"].map((name) => path.join(folder, name));
  return files.flatMap((file) => ignorePatterns(textOrNull(file) ?? ""));
}

/** Nothing for a file that is no component. One with mistakes is one: whoever uses it is told where they are. */
function readFile(file: string, given: string, version = "1"): readonly RegistryComponent[] {
  const text = textOrNull(file);
  if (text === null) return [];
  const { root } = readMapping(text, file, SPEC_LIMITS);
  const word = (key: "name" | "version"): string | null =>
    root === null
      ? (new RegExp(`^${key}:[ \\t]*["']?([^\\s"'#]+)`, "m").exec(text)?.[1] ?? null)
      : getText(root, key);
  const isOne = root === null ? /^(command|type|jobs):/m.test(text) : isComponent(root);
  if (!isOne) return [];
  const name = word("name") ?? given;
  return [{ name, version: word("version") ?? version, file, text, tree: root }];
}

function isComponent(tree: TreeMapping): boolean {
  const schema = getText(tree, "$schema") ?? "";
  if (/component/i.test(schema)) return true;
  if (schema !== "" && /job/i.test(schema)) return false;
  const tells = ["command", "jobs", "type", "entry", "task"].some((key) => tree.entries.has(key));
  return tells && componentTypeOf(tree) !== null;
}

/** 1.9 before 1.10. */
function order(left: string, right: string): number {
  return left.localeCompare(right, "en", { numeric: true });
}

/** For messages: every registry that there is. */
export function registryNames(registries: Registries): readonly string[] {
  return [BUILTIN, ...Object.keys(registries)];
}
