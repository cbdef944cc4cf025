// What a plan has to know of steps of type data_transfer: that the datastores they name are there and of the right kind, and
// what the watermark of an import is now. Moves nothing.

import type { Graph, StepNode } from "../../spec/graph.ts";
import {
  type DatabaseSink,
  type DatabaseSource,
  type FileSystemSink,
  type TransferSettings,
  transferSettings,
} from "../../spec/transfer-settings.ts";
import { type DatastoreLookup, lookUpDatastores } from "../data/datastores.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";

/** The same graph, with what the watermarks are; mistakes are reported. */
export async function planTransfers(
  workspace: Workspace,
  graph: Graph,
  report: (step: StepNode, refusal: Refusal) => void,
): Promise<Graph> {
  if (!graph.steps.some((step) => step.type === "data_transfer")) return graph;
  const datastores = lookUpDatastores(workspace);
  const steps: StepNode[] = [];
  for (const step of graph.steps) {
    const planned =
      step.type === "data_transfer" ? await planStep(workspace, step, datastores) : step;
    if (isRefusal(planned)) report(step, planned);
    steps.push(isRefusal(planned) ? step : planned);
  }
  return { ...graph, steps };
}

async function planStep(
  workspace: Workspace,
  step: StepNode,
  datastores: DatastoreLookup,
): Promise<StepNode | Refusal> {
  // A definition that is wrong anyway may lack them.
  if (step.typeSettings === null) return step;
  const settings = transferSettings(step);
  const wrong = await wrongConnection(datastores, settings);
  if (wrong !== null) return wrong;
  if (settings.task !== "import_data" || settings.source.type !== "database") return step;
  const { source } = settings;
  if (source.watermark === null) return step;
  const watermarkValue = await watermarkOf(workspace, source, source.watermark);
  if (isRefusal(watermarkValue)) return watermarkValue;
  const typeSettings: TransferSettings = { ...settings, source: { ...source, watermarkValue } };
  return { ...step, typeSettings };
}

async function wrongConnection(
  datastores: DatastoreLookup,
  settings: TransferSettings,
): Promise<Refusal | null> {
  const place = placeOf(settings);
  if (place === null) return null;
  const found = await datastores.find(place.connection);
  if (isRefusal(found)) return found;
  const holdsTables = found.definition.type === "postgres";
  if (place.type === "database" && !holdsTables)
    return refuse(
      "no_tables_there",
      `the datastore ${place.connection} holds files, not tables`,
      "write type: file_system, or name a datastore of type postgres",
    );
  if (place.type === "file_system" && holdsTables)
    return refuse(
      "no_files_there",
      `the datastore ${place.connection} holds tables, not files`,
      "write type: database with a table_name, or name a datastore that holds files",
    );
  return null;
}

/** The place elsewhere; null where the step's inputs and outputs say it all. */
function placeOf(
  settings: TransferSettings,
): DatabaseSource | DatabaseSink | FileSystemSink | null {
  switch (settings.task) {
    case "copy_data":
      return null;
    case "import_data":
      return settings.source.type === "database" ? settings.source : null;
    case "export_data":
      return settings.sink;
    default:
      return settings satisfies never;
  }
}

async function watermarkOf(
  workspace: Workspace,
  source: DatabaseSource,
  watermark: string,
): Promise<string | Refusal> {
  const { readWatermark } = await import("../data/read-watermark.ts");
  return readWatermark(workspace, source.connection, watermark);
}
