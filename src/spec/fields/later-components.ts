// Fields of components whose type does not run yet: parallel, spark, import and prompt flows. Their own
// settings are checked by name only.

import { additionalIncludesField, componentFields } from "./component-fields.ts";
import { environmentField } from "./environment.ts";
import {
  ANY,
  type FieldTable,
  mapOf,
  oneWordOf,
  opaque,
  optional,
  STRING,
  table,
} from "./field.ts";
import { resourcesField, runtimeFields } from "./runtime-fields.ts";

const SETTING = "A setting of this component type.";

const parallel = table("a parallel component", {
  ...componentFields,
  type: optional(oneWordOf("parallel"), "`parallel`."),
  resources: resourcesField,
  environment_variables: runtimeFields.environment_variables,
  code: optional(STRING, "Folder that is copied to where the task runs."),
  environment: environmentField,
  ...opaque(
    SETTING,
    "task",
    "input_data",
    "mini_batch_size",
    "partition_keys",
    "retry_settings",
    "logging_level",
    "max_concurrency_per_instance",
    "error_threshold",
    "mini_batch_error_threshold",
  ),
});

const spark = table("a spark component", {
  ...componentFields,
  type: optional(oneWordOf("spark"), "`spark`."),
  code: optional(STRING, "Folder that is copied to where the job runs."),
  environment: environmentField,
  additional_includes: additionalIncludesField,
  ...opaque(SETTING, "entry", "args", "conf", "py_files", "jars", "files", "archives"),
});

const importComponent = table("an import component", {
  ...componentFields,
  type: optional(oneWordOf("import"), "`import`."),
  ...opaque(SETTING, "source", "output"),
});

/** A prompt flow (`flow.dag.yaml`): its own language, of which only the ports matter here. */
const flow = table(
  "a prompt flow",
  { inputs: optional(mapOf(ANY), "Inputs by name."), outputs: optional(mapOf(ANY), "Outputs.") },
  { unknownKeys: "keep" },
);

/** By the word in `type`. */
export const laterComponents: Readonly<Record<string, FieldTable>> = {
  parallel,
  spark,
  import: importComponent,
  flow,
};
