// What a node of type data_transfer says that it moves: its settings, checked against its inputs and outputs. Knows nothing
// of datastores; whether they exist is found out when a run is planned.

import { bareName } from "../asset-name.ts";
import type { DataReference, StepInput, StepNode } from "../graph.ts";
import { templateReferences } from "../template.ts";
import {
  type DatabaseSink,
  type DatabaseSource,
  type DataCopyMode,
  type FileSystemSink,
  IMPORT_SOURCE,
  type TableWriteMode,
  type TransferSettings,
  type TransferTask,
} from "../transfer-settings.ts";
import {
  get,
  getMapping,
  getSet,
  getText,
  type TreeMapping,
  type TreeNode,
  textOf,
} from "../tree.ts";
import type { LoadContext } from "./load-context.ts";

export interface TransferParts {
  /** The node's own fields, then its component's. */
  readonly sources: readonly TreeMapping[];
  readonly place: TreeNode;
  readonly inputs: StepNode["inputs"];
  readonly outputs: StepNode["outputs"];
}

export interface ReadTransfer {
  readonly settings: TransferSettings | null;
  /** With files of an import's source as one more. */
  readonly inputs: StepNode["inputs"];
}

export function readTransfer(parts: TransferParts, context: LoadContext): ReadTransfer {
  const { inputs } = parts;
  const task = first(parts, "task");
  switch (textOf(task) as TransferTask | null) {
    case "copy_data":
      return { settings: readCopy(parts, context), inputs };
    case "import_data":
      return readImport(parts, context);
    case "export_data":
      return { settings: readExport(parts, context), inputs };
    case null:
      context.error(
        parts.place,
        "missing_field",
        "a data_transfer node needs `task`",
        "Add `task: copy_data`, `import_data` or `export_data`.",
      );
      return { settings: null, inputs };
    default:
      // The word is no task: its table has said so.
      return { settings: null, inputs };
  }
}

function readCopy(parts: TransferParts, context: LoadContext): TransferSettings {
  refuseFields(parts, ["source", "sink"], "copy_data", context);
  const data = Object.values(parts.inputs).filter((input) => isData(input));
  if (data.length === 0 && Object.keys(parts.inputs).length === 0)
    context.error(parts.place, "missing_input", "copy_data needs an input to copy", "Add one.");
  refuseValues(parts, "copy_data", context);
  oneOutput(parts, "copy_data", context);
  return { task: "copy_data", mode: copyMode(first(parts, "data_copy_mode")) };
}

function readImport(parts: TransferParts, context: LoadContext): ReadTransfer {
  const { inputs } = parts;
  refuseFields(parts, ["sink", "data_copy_mode"], "import_data", context);
  if (Object.keys(inputs).length > 0)
    context.error(
      parts.place,
      "unknown_input",
      "import_data takes no inputs",
      "Say under `source` where the data comes from.",
    );
  oneOutput(parts, "import_data", context);
  const source = first(parts, "source");
  if (source?.kind !== "mapping") {
    missing(parts, "source", "import_data", context);
    return { settings: null, inputs };
  }
  if (getText(source, "type") === "database")
    return { settings: { task: "import_data", source: database(source, context) }, inputs };
  const files: StepInput = {
    type: "uri_folder",
    mode: "direct",
    optional: false,
    source: { kind: "data", reference: filesOf(source, context) },
  };
  return {
    settings: { task: "import_data", source: { type: "file_system" } },
    inputs: { [IMPORT_SOURCE]: files },
  };
}

function filesOf(source: TreeMapping, context: LoadContext): DataReference {
  const path = pathOf(source, "source", context);
  return { kind: "datastore", datastore: connectionOf(source), path };
}

/** Whatever of it is not filled in by now would be a folder of that name. */
function pathOf(place: TreeMapping, what: "source" | "sink", context: LoadContext): string {
  const node = getSet(place, "path");
  const text = textOf(node) ?? "";
  for (const { raw } of templateReferences(text)) {
    const message = `\`${raw}\` means nothing in the path of a ${what}`;
    const hint = "In a pipeline an input of it can be the whole path: `${{parent.inputs.x}}`.";
    context.error(node, "bad_binding", message, hint);
  }
  return text.replace(/^\/+/, "");
}

function readExport(parts: TransferParts, context: LoadContext): TransferSettings | null {
  refuseFields(parts, ["source", "data_copy_mode"], "export_data", context);
  refuseValues(parts, "export_data", context);
  const names = Object.keys(parts.inputs);
  if (names.length !== 1)
    context.error(
      parts.place,
      names.length === 0 ? "missing_input" : "unknown_input",
      `export_data needs exactly one input, and has ${names.length}`,
      "Keep the one that is exported.",
    );
  if (Object.keys(parts.outputs).length > 0)
    context.error(
      parts.place,
      "unknown_output",
      "export_data has no outputs",
      "Say under `sink` where the data goes.",
    );
  const sink = first(parts, "sink");
  if (sink?.kind === "mapping")
    return {
      task: "export_data",
      sink: getText(sink, "type") === "database" ? table(sink, context) : folder(sink, context),
    };
  missing(parts, "sink", "export_data", context);
  return null;
}

function folder(sink: TreeMapping, context: LoadContext): FileSystemSink {
  return {
    type: "file_system",
    connection: connectionOf(sink),
    path: pathOf(sink, "sink", context),
    mode: copyMode(getSet(sink, "data_copy_mode")),
  };
}

function table(sink: TreeMapping, context: LoadContext): DatabaseSink {
  const tableName = getText(sink, "table_name");
  if (tableName === null)
    context.error(sink, "missing_field", "a database sink needs `table_name`", "Add it.");
  return {
    type: "database",
    connection: connectionOf(sink),
    tableName: tableName ?? "",
    writeMode: (getText(sink, "write_mode") ?? "create") as TableWriteMode,
  };
}

const ROWS = ["query", "table_name", "stored_procedure"] as const;

function database(source: TreeMapping, context: LoadContext): DatabaseSource {
  const given = ROWS.filter((name) => getSet(source, name) !== null);
  if (given.length !== 1)
    context.error(
      source,
      given.length === 0 ? "missing_field" : "unknown_key",
      `a database source needs exactly one of \`query\`, \`table_name\` and \`stored_procedure\`, and has ${given.length === 0 ? "none" : given.join(", ")}`,
      "Keep the one whose rows are imported.",
    );
  for (const name of [...given, "watermark"])
    if (getText(source, name)?.trim() === "")
      context.error(source, "missing_field", `\`${name}\` is empty`, "Write what gives the rows.");
  if (getSet(source, "stored_procedure_params") !== null && !given.includes("stored_procedure"))
    context.error(
      source,
      "missing_field",
      "`stored_procedure_params` are only taken by a `stored_procedure`",
      "Name the procedure, or write the values into the query.",
    );
  return {
    type: "database",
    connection: connectionOf(source),
    query: getText(source, "query"),
    tableName: getText(source, "table_name"),
    storedProcedure: getText(source, "stored_procedure"),
    storedProcedureParams: parameters(getSet(source, "stored_procedure_params")),
    watermark: getText(source, "watermark"),
  };
}

function parameters(list: TreeNode | null): DatabaseSource["storedProcedureParams"] {
  if (list?.kind !== "list") return [];
  return list.items.map((item) => ({
    name: getText(item, "name") ?? "",
    value: getText(item, "value") ?? "",
    type: getText(item, "type"),
  }));
}

function connectionOf(place: TreeMapping): string {
  return bareName(getText(place, "connection") ?? "");
}

function copyMode(node: TreeNode | null): DataCopyMode {
  return textOf(node) === "fail_if_conflict" ? "fail_if_conflict" : "merge_with_overwrite";
}

function first({ sources }: TransferParts, key: string): TreeNode | null {
  return sources.map((one) => getSet(one, key)).find((one) => one !== null) ?? null;
}

function isData(input: StepInput): boolean {
  return !["string", "integer", "number", "boolean"].includes(input.type);
}

function refuseValues(parts: TransferParts, task: TransferTask, context: LoadContext): void {
  const [own] = parts.sources;
  for (const [name, input] of Object.entries(parts.inputs))
    if (!isData(input) || input.source.kind === "literal")
      context.error(
        get(getMapping(own ?? null, "inputs"), name) ?? parts.place,
        "wrong_type",
        `the input \`${name}\` of ${task} is a value, not data`,
        "Give it a path, an asset or the output of a step.",
      );
}

function oneOutput(parts: TransferParts, task: TransferTask, context: LoadContext): void {
  const names = Object.keys(parts.outputs);
  if (names.length === 1) return;
  context.error(
    parts.place,
    names.length === 0 ? "missing_field" : "unknown_output",
    `${task} needs exactly one output, and has ${names.length}`,
    "Write `outputs: {NAME: {type: uri_folder}}`.",
  );
}

function missing(
  parts: TransferParts,
  key: "source" | "sink",
  task: TransferTask,
  context: LoadContext,
): void {
  context.error(
    parts.place,
    "missing_field",
    `${task} needs \`${key}\``,
    `Add \`${key}: {type: database, connection: azureml:NAME, …}\` or \`${key}: {type: file_system, connection: azureml:NAME, path: …}\`.`,
  );
}

function refuseFields(
  parts: TransferParts,
  keys: readonly string[],
  task: TransferTask,
  context: LoadContext,
): void {
  for (const key of keys) {
    const value = first(parts, key);
    if (value !== null)
      context.error(value, "unknown_key", `${task} has no \`${key}\``, "Leave it out.");
  }
}
