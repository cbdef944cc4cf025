// Everything that a component names, so that a registered version never changes: nested definition files, code, additional
// includes, environment files, local data.

import fs from "node:fs";
import path from "node:path";
import { readText } from "../../ports/read-file.ts";
import type { Graph } from "../../spec/graph.ts";
import { SPEC_LIMITS } from "../../spec/limits.ts";
import { loadJobLeniently } from "../../spec/load-job.ts";
import type { Problem } from "../../spec/problem.ts";
import type { SpecReader } from "../../spec/reader.ts";
import { readWithComponents } from "../definitions/load-definition.ts";
import { isRefusal, type Refusal, refuseInvalid } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { type FrozenCopy, freeze, type Named } from "./freeze.ts";
import { namedByEnvironment } from "./freeze-environment.ts";
import { requirementFiles } from "./requirement-files.ts";

export interface FrozenComponent extends FrozenCopy {
  readonly warnings: readonly Problem[];
}

/** `text`: what the file would say if it lay there; null where it does. */
export async function freezeComponent(
  workspace: Workspace,
  file: string,
  text: string | null,
): Promise<FrozenComponent | Refusal> {
  const { graph, problems, files } = await readAsNode(workspace, file, text);
  const errors = problems.filter((one) => one.severity === "error");
  if (errors.length > 0) return refuseInvalid(errors);
  const own = { file, text: text ?? readText(file) };
  const frozen = await freeze(workspace, namedBy(graph, files), { base: path.dirname(file), own });
  return isRefusal(frozen) ? frozen : { ...frozen, warnings: floating(graph) };
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
    const needed = namedByEnvironment(step.environment);
    for (const at of needed.code) code.add(at);
    for (const at of [...needed.files, ...Object.keys(requirementFiles(step.environment))])
      files.add(at);
    for (const at of needed.data) data.add(at);
    for (const { source } of Object.values(step.inputs))
      if (source.kind === "data" && source.reference.kind === "local")
        data.add(source.reference.path);
  }
  return { files, code, data };
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
