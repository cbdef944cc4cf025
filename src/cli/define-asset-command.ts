// The verbs that every kind of asset has: `create`, `list`, `show`. The kinds differ in one row each.

import path from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { listAssets } from "../operations/assets/change-asset.ts";
import { labelAsset } from "../operations/assets/label-asset.ts";
import {
  ASSET_TYPES,
  type Registered,
  registerFile,
  registerGiven,
} from "../operations/assets/register-asset.ts";
import type { DataDefinition } from "../operations/data/resolve-data.ts";
import { thawEnvironment } from "../operations/definitions/kept-environment.ts";
import { findAsset } from "../operations/recorded/find-asset.ts";
import { isRefusal, refuse } from "../operations/refusal.ts";
import type { Workspace } from "../operations/workspace.ts";
import type { ShownLock } from "../ports/environments.ts";
import type { AssetKind, AssetRow } from "../ports/records.ts";
import { counted } from "../spec/counted.ts";
import { printAssets } from "./asset-table.ts";
import { assetView } from "./asset-view.ts";
import type { Context } from "./context.ts";
import { collect, defineAssetChanges, refuseNameless, tagOf } from "./define-asset-changes.ts";
import { bytes } from "./format.ts";
import { printProblems } from "./print-problems.ts";
import { targetOf } from "./targets.ts";
import type { Terminal } from "./terminal.ts";
import { withWorkspace } from "./with-workspace.ts";

interface CreateFlags {
  readonly name?: string;
  readonly version?: string;
  readonly type?: string;
  readonly path?: string;
  readonly from?: string;
  readonly description?: string;
  readonly tag?: readonly string[];
  readonly copy?: boolean;
  readonly file?: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
}

interface JsonFlag {
  readonly json?: boolean;
}

interface ListFlags extends JsonFlag {
  readonly search?: string;
  readonly tag?: readonly string[];
  readonly includeArchived?: boolean;
  readonly archivedOnly?: boolean;
}

/** Shows what has this name without being registered; false where nothing has. */
export type ShowOther = (workspace: Workspace, name: string, json: boolean) => Promise<boolean>;

interface PlaceFlags {
  readonly builtin?: boolean;
  readonly registry?: string;
  readonly search?: string;
  readonly json?: boolean;
}

interface NameFlags {
  readonly name?: string | undefined;
  readonly version?: string;
  readonly label?: string;
}

function namedBy({ name, version, label }: NameFlags): string | undefined {
  if (name === undefined) return undefined;
  if (version !== undefined) return `${name}:${version}`;
  return label === undefined ? name : `${name}@${label}`;
}

/** Where assets of a kind lie besides the workspace. */
export interface Registries {
  /** Null: it is the workspace that is asked. */
  registryOf(name: string | null, flags: PlaceFlags): string | null;
  list(registry: string, name: string | null, flags: PlaceFlags): Promise<void>;
  show(registry: string, name: string, flags: PlaceFlags): Promise<void>;
}

/** Adds `create`, `list` and `show` of one kind to its empty command. */
export function defineAssetCommand(
  command: Command,
  context: Context,
  kind: AssetKind,
  showOther: ShowOther = async () => false,
  registries: Registries | null = null,
): void {
  defineCreate(command, context, kind);
  defineList(command, context, kind, registries);
  const shown = command
    .command("show")
    .description(`show ${AN[kind]}`)
    .argument("[name]", "NAME, NAME:VERSION or NAME@LABEL")
    .option("-n, --name <name>", "the name, as az ml writes it")
    .option("-v, --version <version>", "this version of it")
    .option("-l, --label <label>", "what this label of it means")
    .option("--json", "print one JSON object")
    .action((word: string | undefined, flags: PlaceFlags & NameFlags) => {
      const name = namedBy({ ...flags, name: word ?? flags.name });
      if (name === undefined)
        return context.refuse(
          refuse("wrong_usage", "say which", `stepwell ${kind} show NAME`),
          flags.json,
        );
      const registry = registries?.registryOf(name, flags) ?? null;
      return registry === null
        ? show(context, kind, name, flags, showOther)
        : registries?.show(registry, name, flags);
    });
  if (registries !== null) addPlaces(shown);
  defineLabel(command, context, kind);
  defineAssetChanges(command, context, kind);
  command.addHelpText("after", EXAMPLES[kind]);
}

function addPlaces(command: Command): void {
  command
    .option("--builtin", "of those that ship with Stepwell")
    .option("--registry <name>", "of a folder that stepwell.yml names under registries");
}

function defineList(
  command: Command,
  context: Context,
  kind: AssetKind,
  registries: Registries | null,
): void {
  const listed = command
    .command("list")
    .description(`list ${PLURAL[kind]}, or the versions of one`)
    .argument("[name]", "only this name")
    .option("-n, --name <name>", "the same, as az ml writes it")
    .option("--search <text>", "only with this in name, description or a tag")
    .option("--tag <key[=value]>", "only with this tag (may be repeated)", collect)
    .option("--include-archived", "archived ones too")
    .option("--archived-only", "only archived ones")
    .option("--json", "print one JSON object")
    .action((word: string | undefined, flags: ListFlags & PlaceFlags & NameFlags) => {
      const name = word ?? flags.name ?? null;
      const registry = registries?.registryOf(name, flags) ?? null;
      return registry === null
        ? list(context, kind, name, flags)
        : registries?.list(registry, name, flags);
    });
  if (registries !== null) addPlaces(listed);
}

const PLURAL: Readonly<Record<AssetKind, string>> = {
  component: "components",
  data: "data assets",
  environment: "environments",
  model: "models",
};

const AN: Readonly<Record<AssetKind, string>> = {
  component: "a component",
  data: "a data asset",
  environment: "an environment",
  model: "a model",
};

const EXAMPLES: Readonly<Record<AssetKind, string>> = {
  component:
    "\nExamples:\n  stepwell component create train/component.yml\n  stepwell component list --builtin",
  data: "\nExamples:\n  stepwell data create data.yml\n  stepwell data create --name iris --path ./iris.csv",
  environment: "\nExample:\n  stepwell environment create environment.yml",
  model:
    "\nExamples:\n  stepwell model create model.yml\n  stepwell model create --name trees --path azureml://jobs/taxi-17/outputs/model",
};

function defineLabel(command: Command, context: Context, kind: AssetKind): void {
  command
    .command("label")
    .description(`let a label mean a version: azureml:NAME@LABEL`)
    .argument("<words...>", "NAME:VERSION LABEL (or NAME VERSION LABEL)")
    .option("--json", "print one JSON object")
    .addHelpText("after", `\nExample:\n  stepwell ${kind} label trees:3 production`)
    .action((words: readonly string[], flags: JsonFlag) =>
      withWorkspace(context, "refuse", async (workspace) => {
        const label = words.at(-1) as string;
        const asset = await labelAsset(workspace, kind, words.slice(0, -1).join(":"), label);
        if (isRefusal(asset)) return context.refuse(asset, flags.json);
        const name = `${asset.name}:${asset.version}`;
        if (flags.json)
          context.terminal.out(JSON.stringify({ schema: 1, label, ...assetView(asset) }));
        else context.terminal.out(`azureml:${asset.name}@${label} is ${name} now`);
      }),
    );
}

function defineCreate(command: Command, context: Context, kind: AssetKind): void {
  const create = command.command("create").description(`register ${AN[kind]} under a name`);
  if (kind === "data" || kind === "model")
    create
      .argument("[file]", "definition file (or give --name and --path)")
      .option("--type <type>", ASSET_TYPES[kind].join(", "))
      .option("--path <path>", "local path, azureml://… or URL")
      .option("--from <output>", "an output of a run: RUN.STEP.OUTPUT")
      .option("--copy", "copy the bytes into the default datastore; else they stay where they are");
  else create.argument("[file]", "definition file");
  create
    .option("-n, --name <name>", "its name, in place of the file's")
    .option("-v, --version <version>", "its version (default: the file's, else the next free one)")
    .option("--description <text>", "what it is")
    .option("--tag <key=value>", "a tag to find it by (may be repeated)", collect)
    .option("--set <path=value>", "change a field of the file: --set version=2", collectSet)
    .option("-f, --file <file>", "the definition file, as az ml writes it")
    .option("--json", "print one JSON object")
    .action((file: string | undefined, flags: CreateFlags) =>
      withWorkspace(context, "make", async (workspace) => {
        const registered = await registerAs(context, workspace, kind, file ?? flags.file, flags);
        if (isRefusal(registered)) return context.refuse(registered, flags.json);
        printRegistered(context, kind, registered, flags);
      }),
    );
}

async function registerAs(
  context: Context,
  workspace: Workspace,
  kind: AssetKind,
  file: string | undefined,
  flags: CreateFlags,
): Promise<ReturnType<typeof refuse> | Registered> {
  const { name, version = null, type = null, copy = false } = flags;
  const pairs = (flags.tag ?? []).map(tagOf);
  const nameless = refuseNameless(pairs);
  if (nameless !== null) return nameless;
  const tags = Object.fromEntries(pairs.map(([key, value]) => [key, value ?? ""]));
  if (file !== undefined) {
    if ([flags.path, flags.from, type ?? undefined].some((one) => one !== undefined))
      return refuse("wrong_usage", "give a file, or --name and --path; not both");
    const head = { name, version: flags.version, description: flags.description, tags };
    const set = (flags.set ?? [])
      .map(tagOf)
      .map(([at, value]) => ({ path: at, value: value ?? "" }));
    const options = { copy, head, set };
    return registerFile(workspace, kind, path.resolve(context.currentFolder, file), options);
  }
  if (flags.set !== undefined && flags.set.length > 0)
    return refuse(
      "wrong_usage",
      "--set changes a field of a file",
      "name the file, or say it by options",
    );
  const at = await pathOf(context, workspace, flags);
  if (isRefusal(at)) return at;
  if (name === undefined || at === undefined || (kind !== "data" && kind !== "model"))
    return refuse(
      "wrong_usage",
      "say what to register",
      kind === "data" || kind === "model"
        ? `stepwell ${kind} create FILE, or --name NAME with --path PATH or --from RUN.STEP.OUTPUT`
        : `stepwell ${kind} create FILE`,
    );
  const baseFolder = context.currentFolder;
  const { description = null } = flags;
  const given = { name, version, type, path: at, baseFolder, copy, description };
  return registerGiven(workspace, kind, { ...given, tags });
}

function collectSet(word: string, before: readonly string[] = []): readonly string[] {
  if (!/^[^=]+=/.test(word)) throw new InvalidArgumentError("expected PATH=VALUE");
  return [...before, word];
}

/** Where the data lies: as given, or the output of a run. */
async function pathOf(
  context: Context,
  workspace: Workspace,
  { path: at, from, json = false }: CreateFlags,
): Promise<string | undefined | ReturnType<typeof refuse>> {
  if (from === undefined) return at;
  if (at !== undefined) return refuse("wrong_usage", "give --path or --from, not both");
  const { run, part } = await targetOf(context, workspace, [from], "output", json);
  if (part === null) return refuse("wrong_usage", `say which output of ${run}`, "RUN.STEP.OUTPUT");
  return `azureml://jobs/${run}/outputs/${part}`;
}

function printRegistered(
  context: Context,
  kind: AssetKind,
  { outcome, asset, warnings }: Registered,
  flags: JsonFlag,
): void {
  printProblems(context.terminal, warnings);
  if (flags.json) {
    context.terminal.out(JSON.stringify({ schema: 1, outcome, ...assetView(asset) }));
    return;
  }
  const name = `${asset.name}:${asset.version}`;
  const back = asset.archived ? `; it is archived: stepwell ${kind} restore ${name}` : "";
  context.terminal.out(
    outcome === "created"
      ? `registered ${kind} ${name}; use it as azureml:${name}`
      : `${kind} ${name} already has this very content; nothing was changed${back}`,
  );
}

function list(
  context: Context,
  kind: AssetKind,
  name: string | null,
  flags: ListFlags,
): Promise<void> {
  return withWorkspace(context, "refuse", async (workspace) => {
    const { search = null, tag = [], includeArchived = false, archivedOnly = false } = flags;
    const assets = await listAssets(workspace, kind, name, {
      search,
      tags: tag.map(tagOf),
      archived: archivedOnly ? "only" : includeArchived ? "included" : "left out",
    });
    if (flags.json)
      return context.terminal.out(JSON.stringify({ schema: 1, assets: assets.map(assetView) }));
    if (assets.length === 0) return context.terminal.note(noneOf(kind, flags));
    printAssets(context.terminal, assets, name === null ? "NAME, --search or --json" : "--json");
  });
}

function noneOf(kind: AssetKind, { search, tag = [] }: ListFlags): string {
  const isFiltered = search !== undefined || tag.length > 0;
  return isFiltered ? `no such ${PLURAL[kind]}` : `no ${PLURAL[kind]} yet`;
}

function show(
  context: Context,
  kind: AssetKind,
  name: string,
  flags: JsonFlag,
  showOther: ShowOther,
): Promise<void> {
  return withWorkspace(context, "refuse", async (workspace) => {
    const asset = await findAsset(workspace, kind, name);
    if (isRefusal(asset)) {
      if (await showOther(workspace, name, flags.json ?? false)) return;
      return context.refuse(asset, flags.json);
    }
    const { terminal } = context;
    if (flags.json) return terminal.out(JSON.stringify({ schema: 1, ...assetView(asset) }));
    terminal.out(`${kind} ${asset.name}:${asset.version}`);
    if (asset.description !== null) terminal.out(asset.description);
    terminal.out(`content ${asset.contentId}`);
    const from = asset.run === null ? "" : `, made by run ${asset.run}`;
    terminal.out(`created ${new Date(asset.createdAt).toISOString()} by ${asset.createdBy}${from}`);
    for (const { label, version } of await workspace.records.labels(kind, asset.name))
      if (version === asset.version) terminal.out(`label ${label}`);
    for (const [tag, value] of Object.entries(asset.tags)) terminal.out(`tag ${tag}=${value}`);
    if (asset.archived) terminal.out("archived");
    for (const line of dataLines(asset)) terminal.out(line);
    const definition = JSON.parse(asset.definition) as { readonly text?: string };
    terminal.out(definition.text ?? JSON.stringify(definition, null, 2));
    if (kind === "environment") await showLock(context, workspace, asset);
  });
}

/** How the bytes of data and models are held. */
function dataLines({ kind, definition }: AssetRow): readonly string[] {
  if (kind !== "data" && kind !== "model") return [];
  const { sizeBytes = null, files = null, copied } = JSON.parse(definition) as DataDefinition;
  const size = sizeBytes === null ? "" : `${bytes(sizeBytes)} in ${counted(files ?? 0, "file")}, `;
  const how = copied
    ? "copied: Stepwell holds the bytes"
    : "by reference: the bytes are checked whenever a step reads them";
  return [`${size}${how}`];
}

/** An environment of packages has a lock beside `stepwell.yml`. */
async function showLock(
  { terminal }: Context,
  workspace: Workspace,
  { definition }: AssetRow,
): Promise<void> {
  const environment = thawEnvironment(workspace, definition);
  const lock = await workspace.environmentLocks().show(environment);
  if (!lock.ok) return terminal.note(`warning: ${lock.failure.message}`);
  if (lock.value === null) return terminal.out("no lock: it is an interpreter or a project");
  printLock(terminal, lock.value);
}

export function printLock(terminal: Terminal, { file, text }: ShownLock): void {
  terminal.out(`lock ${file}${text === null ? " (made by the first run)" : ""}`);
  if (text !== null) terminal.out(text.trimEnd());
}
