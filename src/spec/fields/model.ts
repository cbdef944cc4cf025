// The fields of a model asset. Knows nothing of where bytes are kept.

import {
  ANY,
  anyCaseOf,
  type FieldTable,
  mapOf,
  optional,
  required,
  SCALAR,
  STRING,
  table,
} from "./field.ts";

export const model: FieldTable = table("a model", {
  $schema: optional(STRING, "Address of the editor schema."),
  name: required(STRING, "The model's name."),
  version: optional(SCALAR, "Its version; the next free one unless given."),
  type: optional(
    anyCaseOf("custom_model", "mlflow_model", "triton_model"),
    "`custom_model` unless given.",
  ),
  path: required(STRING, "Local path, `azureml://…`, or an output of a run."),
  description: optional(STRING, "What it is."),
  tags: optional(mapOf(SCALAR), "Labels to find it by."),
  properties: optional(mapOf(ANY), "Free settings."),
  stage: optional(STRING, "Where it stands: Development, Production, Archived."),
  flavors: optional(mapOf(ANY), "MLflow flavours that it can be loaded as."),
  datastore: optional(STRING, "Accepted and kept; without effect on one machine."),
  system_metadata: optional(ANY, "Accepted and kept; without effect."),
  default_deployment_template: optional(ANY, "Accepted and kept; for serving."),
  allowed_deployment_templates: optional(ANY, "Accepted and kept; for serving."),
  id: optional(STRING, "Read-only; ignored here."),
  utc_time_created: optional(ANY, "Read-only; ignored here."),
  creation_context: optional(ANY, "Read-only; ignored here."),
  job_name: optional(STRING, "Read-only; ignored here."),
  latest_version: optional(ANY, "Read-only; ignored here."),
  intellectual_property: optional(ANY, "Read-only; ignored here."),
});
