// Copies everything that a component names into one folder, so that a registered version never changes: nested
// definition files, code, additional includes, environment files, local data. Writes nothing else.

import fs from "node:fs";
import path from "node:path";
import { canonicalJson } from "../core/canonical-json.ts";
import { digest } from "../core/digest.ts";
import { readText } from "../ports/read-file.ts";
import { addressSecretIn } from "../spec/address-secret.ts";
import type { EnvironmentReference, Graph } from "../spec/graph.ts";
import { SPEC_LIMITS } from "../spec/limits.ts";
import { loadJobLeniently } from "../spec/load-job.ts";
import type { Problem } from "../spec/problem.ts";
import type { SpecReader } from "../spec/reader.ts";
import { readWithComponents } from "./load-definition.ts";
import { type ProjectFolders, projectFolders } from "./project-folders.ts";
import { isRefusal, type Refusal, refuse, refuseInvalid } from "./refusal.ts";
import { linkedArchives, requirementFiles } from "./requirement-files.ts";
import { places, type Workspace } from "./workspace.ts";

export interface FrozenComponent {
  /** Name of the folder below `.stepwell/frozen/`. */
  readonly folder: string;
  /** What lies in it, by path relative to the component's own folder: other content is another version. */
  readonly content: Readonly<Record<string, string>>;
  readonly warnings: readonly Problem[];
}

/** What a component names on this machine: absolute paths. */
interface Named {
  readonly files: ReadonlySet<string>;
  /** Folders (or single files) of code: what ignore files leave of them. */
  readonly code: ReadonlySet<string>;
  readonly data: ReadonlySet<string>;
}

/** `text`: what the file would say if it lay there; null where it does. */
export async function freezeComponent(
  workspace: Workspace,
  file: string,
  text: string | null,
): Promise<FrozenComponent | Refusal> {
  const base = path.dirname(file);
  const { graph, problems, files } = await readAsNode(workspace, file, text);
  const errors = problems.filter((one) => one.severity === "error");
  if (errors.length > 0) return refuseInvalid(errors);
  const named = namedBy(graph, files);
  const content: Record<string, string> = {};
  const copies: Copy[] = [];
  for (const at of named.files) {
    if (at !== file) {
      const held = readText(at);
      const secret = addressSecretIn(held, path.relative(base, at));
      if (secret !== null) return refuse("secret_in_address", secret.message, secret.hint);
      content[path.relative(base, at)] = digest(held);
    }
    copies.push({ from: at, to: at, links: AS_FILES });
  }
  for (const at of named.code) {
    const definitionFiles = [...named.files].filter((one) => one.startsWith(at + path.sep));
    const outcome = await workspace.contents.snapshot({ path: at, includes: [], definitionFiles });
    if (!outcome.ok)
      return refuse(outcome.failure.code, outcome.failure.message, outcome.failure.hint);
    content[path.relative(base, at)] = outcome.value.id;
    copies.push(...codeCopies(workspace, at, outcome.value.snapshotId));
  }
  for (const at of named.data) {
    const outcome = await workspace.contents.identify(at, "uri_folder");
    if (!outcome.ok)
      return refuse(outcome.failure.code, outcome.failure.message, outcome.failure.hint);
    content[path.relative(base, at)] = outcome.value.id;
    copies.push({ from: at, to: at, links: AS_FILES });
  }
  const identity = canonicalJson([base, digest(text ?? readText(file)), content]);
  const folder = digest(identity).slice("sha256:".length);
  const stored = await store(workspace, folder, copies);
  return isRefusal(stored) ? stored : { folder, content, warnings: floating(graph) };
}

/** What is wrong with a component and with everything that it names; nothing is registered. */
export async function checkComponent(
  workspace: Workspace,
  file: string,
): Promise<readonly Problem[]> {
  return (await readAsNode(workspace, file, null)).problems;
}

/** The component as the only node of a pipeline: that opens everything it names, at any depth. */
async function readAsNode(workspace: Workspace, file: string, text: string | null) {
  const virtual = path.join(path.dirname(file), ".stepwell-register.yml");
  const job = `type: pipeline\njobs: {component: {component: ${JSON.stringify(file)}}}\n`;
  const loaded = await readWithComponents(workspace, (reader) =>
    loadJobLeniently({
      file: virtual,
      set: [],
      inputs: {},
      compute: null,
      reader: withFile(text === null ? reader : withFile(reader, file, text), virtual, job),
      knownComputes: null,
      limits: { ...SPEC_LIMITS, ...workspace.config.limits },
    }),
  );
  // Inputs that nobody sets yet are no mistake of the component.
  const own = (one: Problem): boolean =>
    one.position !== null && one.position.file !== virtual && one.code !== "missing_input";
  return {
    graph: loaded.graph,
    problems: loaded.problems.filter(own),
    files: loaded.files.filter((one) => one !== virtual && fs.existsSync(one)),
  };
}

/** One more file, which lies nowhere. */
export function withFile(reader: SpecReader, file: string, text: string): SpecReader {
  return {
    ...reader,
    readText: (at) => (at === file ? { ok: true, text } : reader.readText(at)),
  };
}

function namedBy(graph: Graph | null, definitions: readonly string[]): Named {
  const files = new Set(definitions);
  const code = new Set<string>();
  const data = new Set<string>();
  for (const step of graph?.steps ?? []) {
    for (const at of [step.code?.path ?? [], step.code?.includes ?? []].flat()) code.add(at);
    const needed = environmentPlaces(step.environment);
    for (const at of needed.folders) code.add(at);
    for (const at of needed.files) files.add(at);
    for (const at of Object.keys(requirementFiles(step.environment))) files.add(at);
    for (const at of linkedArchives(step.environment)) data.add(at);
    for (const { source } of Object.values(step.inputs))
      if (source.kind === "data" && source.reference.kind === "local")
        data.add(source.reference.path);
  }
  return { files, code, data };
}

function environmentPlaces(reference: EnvironmentReference | null): ProjectFolders {
  const { build = null, project = null } = reference?.kind === "inline" ? reference : {};
  const { folders, files } =
    project === null ? { folders: [], files: [] } : projectFolders(project);
  return { folders: build === null ? folders : [build.path, ...folders], files };
}

/** A name that another version may take tomorrow. */
function floating(graph: Graph | null): readonly Problem[] {
  const names = new Set<string>();
  for (const { environment } of graph?.steps ?? [])
    if (environment?.kind === "asset" && environment.version === null)
      names.add(`environment ${environment.name} without a version`);
  for (const { component } of graph?.steps ?? [])
    if (component?.startsWith("azureml://")) names.add(`component ${component}`);
  return [...names].map((name) => ({
    severity: "warning",
    code: "floating_name",
    message: `the component names ${name}: what it means is looked up in each run`,
    hint: name.startsWith("environment")
      ? "name a version, so that the component never changes"
      : "a registry is a folder: register the component in this workspace where it must never change",
    position: null,
  }));
}

interface Copy {
  readonly from: string;
  /** Absolute path of the original: mirrored below the copy's root. */
  readonly to: string;
  /** A link of code stays inside it; what links of data lead to is part of the data. */
  readonly links: { readonly verbatimSymlinks: true } | { readonly dereference: true };
}

const AS_FILES = { dereference: true } as const;
const AS_LINKS = { verbatimSymlinks: true } as const;

/** A stored snapshot holds what counts; ignore files say so once more when the copy is read. */
function codeCopies(workspace: Workspace, at: string, snapshotId: string): readonly Copy[] {
  const stored = path.join(places.code(workspace.folder), snapshotId.slice("sha256:".length));
  if (!fs.statSync(at).isDirectory())
    return [{ from: path.join(stored, path.basename(at)), to: at, links: AS_FILES }];
  const rules = [".amlignore", ".gitignore"]
    .map((name) => path.join(at, name))
    .filter((rule) => fs.existsSync(rule))
    .map((rule) => ({ from: rule, to: rule, links: AS_FILES }));
  return [...rules, { from: stored, to: at, links: AS_LINKS }];
}

/** Visible only when it is complete and durable. */
async function store(
  workspace: Workspace,
  name: string,
  copies: readonly Copy[],
): Promise<Refusal | null> {
  const target = places.frozen(workspace.folder, name);
  if (fs.existsSync(target)) return null;
  const temporary = path.join(path.dirname(target), `.tmp-${process.pid}`);
  try {
    fs.mkdirSync(path.join(temporary, "root"), { recursive: true });
    for (const { from, to, links } of copies) {
      const place = path.join(temporary, "root", to);
      fs.mkdirSync(path.dirname(place), { recursive: true });
      fs.cpSync(from, place, { recursive: true, force: true, ...links });
    }
    await workspace.contents.makeTreeDurable(temporary);
    fs.renameSync(temporary, target);
    return null;
  } catch (error) {
    if (fs.existsSync(target)) return null;
    return refuse("input_output", `the component cannot be copied: ${(error as Error).message}`);
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}
