// Reads a job file into a validated graph, with the registered components of the workspace at hand.

import path from "node:path";
import { compactGraph } from "../../core/packed-graph.ts";
import { didYouMean } from "../../spec/did-you-mean.ts";
import type { Graph } from "../../spec/graph.ts";
import { SPEC_LIMITS } from "../../spec/limits.ts";
import { type LoadedJob, loadJobLeniently } from "../../spec/load-job.ts";
import type { Problem } from "../../spec/problem.ts";
import type { SpecReader } from "../../spec/reader.ts";
import { expectMuch, saveMemory } from "../heap-growth.ts";
import { namesIn } from "../names-in.ts";
import { noticeWhenSlow } from "../slow-notice.ts";
import { places, type Workspace } from "../workspace.ts";
import { checkCommands } from "./check-commands.ts";
import { type DefinitionFiles, definitionFiles } from "./definition-files.ts";
import type { DefinitionSource } from "./definition-source.ts";
import { createFieldPlaces } from "./field-places.ts";
import { type CacheableGraph, graphCache, kindOf } from "./graph-cache.ts";
import {
  atSource,
  isModule,
  type ModuleOptions,
  type ReadModule,
  readModule,
} from "./read-module.ts";
import { readRegistry } from "./registries.ts";

export interface DefinitionOptions {
  /** Absolute path of the job file. */
  readonly file: string;
  readonly set: readonly { readonly path: string; readonly value: string }[];
  readonly inputs: Readonly<Record<string, string>>;
  /** Overrides every compute of the file, or null. */
  readonly compute: string | null;
}

export interface LoadedDefinition {
  /** Null when the definition cannot be read as a graph; errors of its steps' commands leave it. */
  readonly graph: Graph | null;
  /** What could be made of a definition with mistakes: only to see what else is wrong. */
  readonly draft: Graph | null;
  readonly problems: readonly Problem[];
  /** It was read back: places of what has changed around it since are not known. */
  readonly isCached: boolean;
  /** What it was read from, where that can come to mean another graph; else null. */
  readonly readFrom: DefinitionSource | null;
  /** Findings about the graph at the lines that the user wrote: of a module its steps have other ones. */
  readonly atSource: (problems: readonly Problem[]) => Promise<readonly Problem[]>;
}

type Component = ReturnType<SpecReader["component"]>;

const MANY_STEPS = 4_000;

/** Gives the pipeline of a module as texts; with the places of its lines only where they are asked for. */
export type ModuleSource = (
  request: Pick<ModuleOptions, "functions" | "places">,
) => Promise<ReadModule>;

/** How a definition is loaded. */
export interface LoadSettings {
  /** Not from the cache. */
  readonly fresh?: boolean;
  /** Who gives the pipeline; null: the file, which is run where it is a module. */
  readonly source?: ModuleSource | null;
}

/** Loads and validates; reports every mistake at once. */
export async function loadDefinition(
  workspace: Workspace,
  options: DefinitionOptions,
  { fresh = false, source = null }: LoadSettings = {},
): Promise<LoadedDefinition> {
  const { file } = options;
  const ask = source ?? (isModule(file) ? runModule(file, workspace.notice) : null);
  if (ask === null) return loadTexts(workspace, options, null, fresh);
  const functions = places.functions(workspace.folder);
  const read = await ask({ functions, places: false });
  const { report } = read;
  if (report.pipeline === null)
    return {
      graph: null,
      draft: null,
      problems: report.problems,
      isCached: false,
      readFrom: null,
      atSource: async (all) => all,
    };
  const loaded = await loadTexts(workspace, options, read, fresh);
  const placed = async (problems: readonly Problem[]): Promise<readonly Problem[]> =>
    problems.length === 0 || report.lines !== null
      ? atSource(problems, file, report)
      : atSource(problems, file, (await ask({ functions, places: true })).report);
  const problems = [...(await placed(loaded.problems)), ...report.problems];
  return { ...loaded, problems, atSource: placed };
}

function runModule(file: string, notice: (line: string) => void): ModuleSource {
  const folder = path.dirname(file);
  return (request) =>
    noticeWhenSlow(readModule({ ...request, file, folder, form: "job" }), () =>
      notice(`still running ${file}, which is to define a pipeline and end`),
    );
}

/** What a module gave, without its places: a comment above a step must not cost the graph that is kept. */
function textsOf(read: ReadModule | null): readonly string[] {
  if (read === null) return [];
  const { text, components } = read.report;
  return [text, ...components.flatMap((one) => [one.path, one.text])];
}

/** `read`: what a module gave; null for files that are read as they lie. */
async function loadTexts(
  workspace: Workspace,
  options: DefinitionOptions,
  read: ReadModule | null,
  fresh: boolean,
): Promise<LoadedDefinition> {
  const files = definitionFiles();
  const cache = graphCache(workspace, files, [options, workspace.config, textsOf(read)]);
  const cached = fresh ? null : cache.read();
  const asTheyAre = async (all: readonly Problem[]): Promise<readonly Problem[]> => all;
  if (cached !== null) {
    if (cached.graph.steps.length >= MANY_STEPS) expectMuch();
    const { graph, problems, named } = cached;
    const readFrom = sourceRead(options, read, files, { named, isLabelled: false, pinned: [] });
    return { graph, problems, draft: null, isCached: true, readFrom, atSource: asTheyAre };
  }
  saveMemory();
  let isRegistered = false;
  let isLabelled = false;
  const pinned = new Set<string>();
  const look = (disk: SpecReader): LoadedJob => {
    const reader = read === null ? disk : read.reader(disk);
    return loadJobLeniently({
      ...options,
      reader: {
        ...reader,
        component(name, version, ...which) {
          isRegistered = true;
          if (version === null) isLabelled = true;
          else pinned.add(`${name}:${version}`);
          return reader.component(name, version, ...which);
        },
      },
      knownComputes: (name) => workspace.capacity(name) !== null,
      limits: { ...SPEC_LIMITS, ...workspace.config.limits },
      defaultCompute: workspace.config.defaultCompute,
    });
  };
  const loaded = await readWithComponents(workspace, look, files);
  const { graph: draft } = loaded;
  if (draft === null || loaded.problems.some(({ severity }) => severity === "error"))
    return {
      graph: null,
      draft,
      problems: loaded.problems,
      isCached: false,
      readFrom: null,
      atSource: asTheyAre,
    };
  const graph = compactGraph(draft);
  const problems = [
    ...loaded.problems,
    ...checkCommands(graph, createFieldPlaces(workspace.config.limits)),
  ];
  // What names like `azureml:train@latest` mean can change at any time.
  const isKept = !isRegistered && problems.every((one) => one.severity === "warning");
  const { named, kinds } = onDisk(loaded, read);
  if (isKept) cache.write({ named, kinds, graph, problems });
  const readFrom = sourceRead(options, read, files, { named, isLabelled, pinned: [...pinned] });
  return { graph, draft: null, problems, isCached: false, readFrom, atSource: asTheyAre };
}

interface Named extends Pick<CacheableGraph, "named">, Pick<DefinitionSource, "pinned"> {
  /** A component without a version is among what it names. */
  readonly isLabelled: boolean;
}

/** Null: it names no other file, and no component whose newest version may be another one tomorrow. */
function sourceRead(
  options: DefinitionOptions,
  read: ReadModule | null,
  files: DefinitionFiles,
  { named, isLabelled, pinned }: Named,
): DefinitionSource | null {
  if (!isLabelled && named.every((one) => one === options.file)) return null;
  if (read !== null) {
    const { text, components } = read.report;
    const given = components.map((one) => ({ path: one.path, text: one.text }));
    return { options, text, components: given, pinned };
  }
  const held = files.readText(options.file);
  return held.ok ? { options, text: held.text, components: [], pinned } : null;
}

/** What the reader was given for files does not count as files: it is in the key already. */
function onDisk(
  loaded: LoadedJob,
  read: ReadModule | null,
): Pick<CacheableGraph, "named" | "kinds"> {
  const lies = (at: string): boolean => !(read?.virtual.has(at) ?? false);
  return {
    named: loaded.files.filter(lies),
    kinds: new Map([...loaded.kinds].filter(([at]) => lies(at))),
  };
}

/** Reads something that may name registered components. */
export async function readWithComponents<T>(
  workspace: Workspace,
  read: (reader: SpecReader) => T,
  files: DefinitionFiles = definitionFiles(),
): Promise<T> {
  const disk = fileReader(files);
  const components = new Map<string, Component>();
  for (;;) {
    const wanted = new Map<string, readonly [string, string | null, string | null]>();
    const component = componentsOf(workspace.config.registries, components, wanted);
    const registering: SpecReader["registering"] = (name, version) =>
      workspace.registering("component", name, version);
    const loaded = read({ ...disk, component, registering });
    // The reader is synchronous and the record is not: fetch what was asked for and read again.
    if (wanted.size === 0) return loaded;
    for (const [key, [name, version, label]] of wanted)
      components.set(key, await registered(workspace, name, version, label));
  }
}

function componentsOf(
  registries: Workspace["config"]["registries"],
  components: ReadonlyMap<string, Component>,
  wanted: Map<string, readonly [string, string | null, string | null]>,
): SpecReader["component"] {
  return (name, version, label, registry) => {
    // A registry of Azure's that is no folder here: what is registered under the name stands for it.
    const listed =
      registry === null ? null : readRegistry(registries, { name, version, label, registry });
    if (listed !== null) return listed;
    const key = JSON.stringify([name, version, label]);
    const known = components.get(key);
    if (known === undefined) wanted.set(key, [name, version, label]);
    return known ?? null;
  };
}

/** Reads definition files from disk, each once; knows no registered components. */
export function fileReader(files: DefinitionFiles = definitionFiles()): SpecReader {
  return {
    readText: files.readText,
    kind: kindOf,
    near(at) {
      const wanted = path.basename(at);
      const names = namesIn(path.dirname(at)).filter((name) => !name.startsWith("."));
      return names.find((name) => name.startsWith(`${wanted}.`)) ?? didYouMean(wanted, names);
    },
    component: () => null,
  };
}

/** What `component create` keeps. */
export interface ComponentDefinition {
  readonly text: string;
  /** Folder and file that it was read from; what they held then lies in the frozen copy. */
  readonly baseFolder: string;
  readonly file?: string;
  /** Name of the copy below `.stepwell/frozen/`. */
  readonly frozen?: string;
}

async function registered(
  workspace: Workspace,
  name: string,
  version: string | null,
  label: string | null,
): Promise<Component> {
  const asset = await workspace.records.asset("component", name, version, label);
  if (asset === null) return null;
  const kept = JSON.parse(asset.definition) as ComponentDefinition;
  const { frozen } = kept;
  const at = (original: string): string =>
    frozen === undefined ? original : places.frozenCopy(workspace.folder, frozen, original);
  return {
    version: asset.version,
    definition: kept.text,
    baseFolder: at(path.resolve(kept.baseFolder)),
    file: kept.file === undefined ? null : at(kept.file),
    place: `azureml:${name}:${asset.version}`,
    reference: `${name}:${asset.version}`,
  };
}
