// The fields of a pipeline component. Knows nothing of how its nodes are connected.

import { componentFields } from "./component-fields.ts";
import {
  ANY,
  anyCaseOf,
  type FieldTable,
  mapOf,
  optional,
  record,
  required,
  table,
} from "./field.ts";
import { pipelineSettings } from "./pipeline-job.ts";

export const pipelineComponent: FieldTable = table("a pipeline component", {
  ...componentFields,
  type: optional(anyCaseOf("pipeline"), "`pipeline`."),
  jobs: required(mapOf(ANY), "The nodes by name."),
  settings: optional(
    record(() => pipelineSettings),
    "Accepted; the settings of the job that runs it count.",
  ),
});
