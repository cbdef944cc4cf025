// Fields of inputs and outputs: as a component declares them, and as a job or a node gives them. Knows nothing of how
// they are connected.

import {
  ANY,
  anyCaseOf,
  BOOLEAN,
  extension,
  type Field,
  listOf,
  mapOf,
  oneOf,
  oneWordOf,
  optional,
  record,
  required,
  SCALAR,
  STRING,
  table,
} from "./field.ts";

export const DATA_TYPES = [
  "uri_file",
  "uri_folder",
  "mltable",
  "custom_model",
  "mlflow_model",
  "triton_model",
] as const;
export const LITERAL_TYPES = ["string", "integer", "number", "boolean"] as const;

const PORT_MODES = [
  "ro_mount",
  "rw_mount",
  "mount",
  "download",
  "upload",
  "direct",
  "eval_mount",
  "eval_download",
  "link",
];

const protection = optional(ANY, "Accepted and kept; without effect on one machine.");

/** An input that a component declares. */
const declaredInput = table("an input", {
  type: required(
    oneWordOf(...LITERAL_TYPES, ...DATA_TYPES, "path"),
    "The literal type or the kind of data; `path`: a file or a folder.",
  ),
  optional: optional(BOOLEAN, "Whether it may stay unset."),
  default: optional(SCALAR, "What it is when a node does not set it."),
  min: optional(SCALAR, "Smallest number allowed."),
  max: optional(SCALAR, "Largest number allowed."),
  enum: optional(listOf(SCALAR), "The only values allowed."),
  mode: optional(oneWordOf(...PORT_MODES), "How data reaches the command."),
  description: optional(STRING, "What it is for."),
  intellectual_property: protection,
});

const same = extension(
  oneOf(
    oneWordOf("bytes"),
    record(() =>
      table("same", {
        ignore: extension(listOf(STRING), "Patterns of files that do not count, as in .gitignore."),
      }),
    ),
  ),
  "When other bytes count as the same for what reads it: files to ignore, or `bytes` for never.",
);

/** An output that a component declares. */
const declaredOutput = table("an output", {
  type: required(oneWordOf(...DATA_TYPES, "path", ...LITERAL_TYPES), "The kind of data."),
  mode: optional(oneWordOf(...PORT_MODES), "How data leaves the command."),
  description: optional(STRING, "What it is for."),
  same,
  name: extension(STRING, "Registers it under this name; `${{inputs.x}}` takes it from an input."),
  version: extension(STRING, "The version to register; `${{inputs.x}}` takes it from an input."),
  is_control: optional(BOOLEAN, "Whether `if_else` may decide on the value."),
  early_available: optional(BOOLEAN, "Accepted and kept; without effect on one machine."),
  intellectual_property: protection,
});

/** An input that a job or node gives as data. */
const givenInput = table("an input", {
  type: optional(
    anyCaseOf(...DATA_TYPES, ...LITERAL_TYPES),
    "The kind of data; `uri_folder` unless given.",
  ),
  path: optional(STRING, "Local path, `azureml:name:version`, `azureml://…`, URL, or a binding."),
  mode: optional(
    anyCaseOf("ro_mount", "rw_mount", "download", "direct", "eval_mount", "eval_download"),
    "How data reaches the command.",
  ),
  value: optional(SCALAR, "A literal, written long."),
  default: optional(SCALAR, "The literal of a pipeline input that nobody sets."),
  optional: optional(BOOLEAN, "Whether it may stay unset."),
  min: optional(SCALAR, "Smallest number allowed."),
  max: optional(SCALAR, "Largest number allowed."),
  enum: optional(listOf(SCALAR), "The only values allowed."),
  description: optional(STRING, "What it is for."),
  path_on_compute: optional(STRING, "Accepted and kept; without effect on one machine."),
  datastore: optional(STRING, "Accepted and kept; without effect on one machine."),
});

/** An output as a job or node asks for it. */
const givenOutput = table("an output", {
  type: optional(anyCaseOf(...DATA_TYPES), "The kind of data; the component's, else `uri_folder`."),
  mode: optional(
    anyCaseOf("mount", "upload", "rw_mount", "direct"),
    "How data leaves the command.",
  ),
  path: optional(
    STRING,
    "Where a copy is published; may hold `${{name}}`, `${{default_datastore}}` and `${{output_name}}`.",
  ),
  name: optional(STRING, "Registers the output as a data asset of this name."),
  same,
  version: optional(STRING, "The version to register; the next free one unless given."),
  description: optional(STRING, "What it is for."),
});

export const declaredInputsField: Field = optional(
  mapOf(record(() => declaredInput)),
  "Inputs by name.",
);

export const declaredOutputsField: Field = optional(
  mapOf(record(() => declaredOutput)),
  "Outputs by name.",
);

export const givenInputsField: Field = optional(
  mapOf(
    oneOf(
      SCALAR,
      record(() => givenInput),
    ),
  ),
  "Inputs by name: literals, data or bindings.",
);

export const givenOutputsField: Field = optional(
  mapOf(
    oneOf(
      STRING,
      record(() => givenOutput),
    ),
  ),
  "Outputs by name: nothing, settings, or a binding to an output of the pipeline.",
);
