// The fields of a pipeline job. Knows nothing of how its nodes are connected.

import {
  ANY,
  BOOLEAN,
  type FieldTable,
  mapOf,
  oneOf,
  oneWordOf,
  optional,
  record,
  STRING,
  table,
} from "./field.ts";
import { jobFields } from "./job-fields.ts";
import { givenInputsField, givenOutputsField } from "./port-fields.ts";

export const pipelineSettings: FieldTable = table(
  "settings",
  {
    default_compute: optional(STRING, "The compute of nodes that name none."),
    default_datastore: optional(STRING, "The datastore that `${{default_datastore}}` means."),
    continue_on_step_failure: optional(BOOLEAN, "Whether other steps go on after one failed."),
    force_rerun: optional(BOOLEAN, "Whether every step runs although results could be reused."),
    on_init: optional(STRING, "Accepted; without effect."),
    on_finalize: optional(STRING, "Accepted; without effect."),
  },
  { unknownKeys: "warning" },
);

export const pipelineJob: FieldTable = table("a pipeline job", {
  ...jobFields,
  type: optional(oneWordOf("pipeline"), "`pipeline`."),
  settings: optional(
    record(() => pipelineSettings),
    "Defaults of all its nodes.",
  ),
  inputs: givenInputsField,
  outputs: givenOutputsField,
  jobs: optional(mapOf(ANY), "The nodes by name."),
  component: optional(
    oneOf(STRING, mapOf(ANY)),
    "A pipeline component to run instead of `jobs`: a file, or `azureml:name:version`.",
  ),
  version: optional(STRING, "Accepted; without effect."),
});
