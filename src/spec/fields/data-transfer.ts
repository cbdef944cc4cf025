// Fields of data transfers: as a node, as a component, and as a job of its own. Knows nothing of what may stand together.

import { componentFields } from "./component-fields.ts";
import {
  extension,
  type FieldType,
  listOf,
  oneWordOf,
  optional,
  record,
  required,
  SCALAR,
  STRING,
  table,
} from "./field.ts";
import { jobFields } from "./job-fields.ts";
import { nodeFields } from "./node-fields.ts";
import { givenInputsField, givenOutputsField } from "./port-fields.ts";
import { limitsField } from "./runtime-fields.ts";

const connection = required(STRING, "The datastore: `azureml:NAME`, or `NAME`.");
const copyModes = ["merge_with_overwrite", "fail_if_conflict"];

const procedureParameter = table("a parameter", {
  name: optional(STRING, "Its name; parameters without one are given in order."),
  value: optional(SCALAR, "Its value."),
  type: optional(STRING, "Its type, as the database calls it."),
});

/** By `type`; without one it is a file system, as in Azure ML. */
function place(
  tables: (parts: typeof shared) => Readonly<Record<string, ReturnType<typeof table>>>,
): FieldType {
  return { kind: "tagged", by: "type", fallback: "file_system", tables: () => tables(shared) };
}

const shared = {
  fileSystem: {
    type: optional(oneWordOf("file_system"), "`file_system`: files of a datastore."),
    connection,
    path: optional(STRING, "Path of a file or folder there; all of it unless given."),
  },
  database: {
    type: required(oneWordOf("database"), "`database`: rows of a database."),
    connection,
    table_name: optional(STRING, "The table, with its schema where it needs one."),
  },
};

export const importSource = place(({ fileSystem, database }) => ({
  file_system: table("a file_system source", fileSystem),
  database: table("a database source", {
    ...database,
    query: optional(STRING, "The query whose rows are imported."),
    stored_procedure: optional(STRING, "The procedure or function whose rows are imported."),
    stored_procedure_params: optional(
      listOf(record(() => procedureParameter)),
      "What the procedure is called with.",
    ),
    watermark: extension(
      STRING,
      "A query read at plan time: the import is reused while its result stays the same.",
    ),
  }),
}));

const sink = place(({ fileSystem, database }) => ({
  file_system: table("a file_system sink", {
    ...fileSystem,
    data_copy_mode: extension(oneWordOf(...copyModes), "What happens to files that are there."),
  }),
  database: table("a database sink", {
    ...database,
    write_mode: extension(
      oneWordOf("create", "append", "replace"),
      "`create` (unless given) fails where the table is there; `append` adds rows; `replace` replaces the table.",
    ),
  }),
}));

const transferFields = {
  task: required(oneWordOf("copy_data", "import_data", "export_data"), "What is moved where."),
  data_copy_mode: optional(
    oneWordOf(...copyModes),
    "copy_data: what happens to a file that several inputs have.",
  ),
  source: optional(importSource, "import_data: where the data comes from."),
  sink: optional(sink, "export_data: where the data goes."),
};

/** The node of a component has its task from there; the loader says where there is none. */
const task = optional(transferFields.task.type, transferFields.task.doc);

export const dataTransferNode = table(
  "a data_transfer node",
  {
    ...nodeFields,
    type: optional(
      oneWordOf("data_transfer"),
      "`data_transfer`; a node with a `component` may leave it out.",
    ),
    ...transferFields,
    task,
    limits: limitsField,
  },
  { bindings: true },
);

export const dataTransferComponent = table("a data_transfer component", {
  ...componentFields,
  type: optional(oneWordOf("data_transfer"), "`data_transfer`."),
  ...transferFields,
});

export const dataTransferJob = table("a data_transfer job", {
  ...jobFields,
  type: required(oneWordOf("data_transfer"), "`data_transfer`."),
  ...transferFields,
  task,
  inputs: givenInputsField,
  outputs: givenOutputsField,
  limits: limitsField,
});
