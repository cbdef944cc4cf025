// What a graph says of the job as a whole: its names, tags, settings and inputs. Knows nothing of steps.

import path from "node:path";
import { bareName } from "../asset-name.ts";
import { datastoreNameProblem } from "../datastore-name.ts";
import { GRAPH_FORMAT, type Graph, type PipelineInput } from "../graph.ts";
import { put } from "../own-keys.ts";
import { toPlain } from "../plain.ts";
import { RUN_WORDS } from "../run-words.ts";
import { getMapping, getSet, getText, isNull, type TreeMapping } from "../tree.ts";
import type { LoadContext } from "./load-context.ts";
import type { ResolvedInput } from "./scope.ts";

/** All of a graph but its inputs, outputs and nodes. */
export function jobHead(
  tree: TreeMapping,
  type: Graph["type"],
  context: LoadContext,
): Omit<Graph, "inputs" | "outputs" | "steps" | "pipelines"> {
  const settings = getMapping(tree, "settings");
  const name = runName(tree, context);
  const displayName = getText(tree, "display_name");
  const datastore = getText(settings, "default_datastore");
  const badName =
    datastore === null
      ? null
      : datastoreNameProblem(bareName(datastore), getSet(settings, "default_datastore"));
  if (badName !== null) context.report(badName);
  return {
    format: GRAPH_FORMAT,
    type,
    pipeline: name ?? displayName ?? path.basename(context.options.file).replace(/\.[^.]+$/, ""),
    name,
    displayName,
    description: getText(tree, "description"),
    experiment: getText(tree, "experiment_name"),
    tags: texts(getMapping(tree, "tags")),
    properties: texts(getMapping(tree, "properties")),
    continueOnStepFailure: isTrue(settings, "continue_on_step_failure"),
    forceRerun: isTrue(settings, "force_rerun"),
    defaultDatastore: datastore === null ? null : bareName(datastore),
  };
}

function runName(tree: TreeMapping, context: LoadContext): string | null {
  const name = getText(tree, "name");
  if (name === null || !RUN_WORDS.includes(name)) return name;
  context.error(
    getSet(tree, "name"),
    "bad_name",
    `\`${name}\` cannot be the name of a run: where a run is asked for it means another one.`,
    "Choose another name, or leave it out and write `display_name`.",
  );
  return null;
}

export function pipelineInputs(
  inputs: ReadonlyMap<string, ResolvedInput | null>,
): Record<string, PipelineInput> {
  const found: Record<string, PipelineInput> = {};
  for (const [name, input] of inputs) {
    if (input !== null) put(found, name, { type: input.type, source: input.source });
  }
  return found;
}

/** A mapping of texts; what is not a single value becomes JSON text. */
export function texts(mapping: TreeMapping | null): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, { value }] of mapping?.entries ?? []) {
    if (isNull(value)) continue;
    put(found, name, value.kind === "scalar" ? value.text : JSON.stringify(toPlain(value)));
  }
  return found;
}

function isTrue(mapping: TreeMapping | null, key: string): boolean {
  return /^true$/i.test(getText(mapping, key) ?? "");
}
