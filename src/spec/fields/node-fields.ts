// Fields of the nodes of a pipeline that run a command or hold a pipeline. Knows nothing of how nodes are connected.

import { additionalIncludesField } from "./component-fields.ts";
import { environmentField } from "./environment.ts";
import {
  ANY,
  anyCaseOf,
  BOOLEAN,
  type Field,
  type FieldTable,
  mapOf,
  oneOf,
  optional,
  STRING,
  table,
} from "./field.ts";
import { jobFields } from "./job-fields.ts";
import { givenInputsField, givenOutputsField } from "./port-fields.ts";
import { dependsOnField, limitsField, resourcesField, runtimeFields } from "./runtime-fields.ts";

/** What a node of any type may have. */
export const nodeFields = {
  ...jobFields,
  inputs: givenInputsField,
  outputs: givenOutputsField,
  comment: optional(STRING, "A note; without effect."),
  component: optional(
    oneOf(STRING, mapOf(ANY)),
    "A component: a file, `azureml:name:version`, or written here.",
  ),
  depends_on: dependsOnField,
  resources: resourcesField,
} satisfies Record<string, Field>;

export const commandNode: FieldTable = table(
  "a command node",
  {
    ...nodeFields,
    type: optional(anyCaseOf("command"), "`command`, also when it is left out."),
    command: optional(STRING, "The shell command, where the node names no component."),
    code: optional(STRING, "Folder that is copied to where the command runs."),
    environment: environmentField,
    ...runtimeFields,
    limits: limitsField,
    is_deterministic: optional(BOOLEAN, "Whether the same inputs give the same result."),
    additional_includes: additionalIncludesField,
    parameters: optional(ANY, "Read-only; ignored here."),
    parent_job_name: optional(STRING, "Accepted; without effect."),
  },
  { bindings: true },
);

export const pipelineNode: FieldTable = table(
  "a pipeline node",
  {
    ...nodeFields,
    type: optional(anyCaseOf("pipeline"), "`pipeline`."),
    settings: optional(ANY, "Accepted; the settings of the job that runs it count."),
    jobs: optional(mapOf(ANY), "Nodes by name, where the node names no component."),
  },
  { bindings: true },
);
