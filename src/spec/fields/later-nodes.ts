// Fields of the node types that are validated and planned but do not run yet: sweep, parallel, spark, automl,
// import and control flow. Their own settings are checked by name only.

import { environmentField } from "./environment.ts";
import {
  ANY,
  anyCaseOf,
  type FieldTable,
  opaque,
  optional,
  required,
  STRING,
  table,
} from "./field.ts";
import { nodeFields } from "./node-fields.ts";
import { givenOutputsField } from "./port-fields.ts";
import { dependsOnField, runtimeFields } from "./runtime-fields.ts";

const SETTING = "A setting of this node type.";

const sweep = table(
  "a sweep node",
  {
    ...nodeFields,
    type: required(anyCaseOf("sweep"), "`sweep`."),
    trial: required(ANY, "The component that each trial runs."),
    search_space: optional(ANY, "What each trial varies, by input name."),
    objective: required(ANY, "The metric and whether more or less of it is better."),
    limits: required(ANY, "How many trials, and for how long."),
    ...opaque(SETTING, "sampling_algorithm", "early_termination"),
    queue_settings: runtimeFields.queue_settings,
  },
  { bindings: true },
);

const parallel = table(
  "a parallel node",
  {
    ...nodeFields,
    type: optional(
      anyCaseOf("parallel"),
      "`parallel`; a node with a `component` may leave it out.",
    ),
    environment: environmentField,
    environment_variables: runtimeFields.environment_variables,
    is_deterministic: optional(ANY, "Whether the same inputs give the same result."),
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
  },
  { bindings: true },
);

const spark = table(
  "a spark node",
  {
    ...nodeFields,
    type: optional(anyCaseOf("spark"), "`spark`; a node with a `component` may leave it out."),
    code: optional(STRING, "Folder that is copied to where the job runs."),
    environment: environmentField,
    resources: optional(ANY, "Machine type and Spark version."),
    ...opaque(SETTING, "entry", "args", "conf", "py_files", "jars", "files", "archives"),
  },
  { bindings: true },
);

const automl = table(
  "an automl node",
  {
    ...nodeFields,
    type: required(anyCaseOf("automl"), "`automl`."),
    task: required(STRING, "What is learnt: classification, regression, forecasting, …"),
    environment_variables: runtimeFields.environment_variables,
    queue_settings: runtimeFields.queue_settings,
    ...opaque(
      SETTING,
      "primary_metric",
      "target_column_name",
      "training_data",
      "validation_data",
      "test_data",
      "validation_data_size",
      "test_data_size",
      "log_verbosity",
      "limits",
      "training",
      "training_parameters",
      "sweep",
      "search_space",
      "featurization",
      "forecasting",
      "weight_column_name",
      "n_cross_validations",
      "cv_split_column_names",
      "positive_label",
      "environment_id",
    ),
  },
  { bindings: true },
);

const importNode = table(
  "an import node",
  {
    ...nodeFields,
    type: optional(anyCaseOf("import"), "`import`; a node with a `component` may leave it out."),
    ...opaque(SETTING, "source", "output"),
  },
  { bindings: true },
);

const control = {
  display_name: optional(STRING, "What lists and pages show."),
  description: optional(STRING, "What it is for."),
  comment: optional(STRING, "A note; without effect."),
  properties: nodeFields.properties,
  tags: nodeFields.tags,
  depends_on: dependsOnField,
};

const ifElse = table(
  "an if_else node",
  {
    ...control,
    type: required(anyCaseOf("if_else"), "`if_else`."),
    condition: required(ANY, "A binding to a boolean output, or a boolean."),
    true_block: optional(ANY, "Nodes that run when it is true."),
    false_block: optional(ANY, "Nodes that run when it is false."),
  },
  { bindings: true },
);

const doWhile = table(
  "a do_while node",
  {
    ...control,
    type: required(anyCaseOf("do_while"), "`do_while`."),
    body: required(STRING, "The node that is repeated."),
    condition: optional(ANY, "The output of the body that says whether to go on."),
    mapping: required(ANY, "Which output of the body feeds which of its inputs next."),
    limits: required(ANY, "`max_iteration_count`."),
  },
  { bindings: true },
);

const parallelFor = table(
  "a parallel_for node",
  {
    ...control,
    type: required(anyCaseOf("parallel_for"), "`parallel_for`."),
    body: required(STRING, "The node that runs once for each item."),
    items: required(ANY, "The items: a list or mapping of inputs, or JSON text."),
    max_concurrency: optional(ANY, "How many run at once."),
    outputs: givenOutputsField,
  },
  { bindings: true },
);

/** By the word in `type`. */
export const laterNodes: Readonly<Record<string, FieldTable>> = {
  sweep,
  parallel,
  spark,
  automl,
  import: importNode,
  if_else: ifElse,
  do_while: doWhile,
  parallel_for: parallelFor,
};
