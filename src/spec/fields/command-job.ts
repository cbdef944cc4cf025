// The fields of a standalone command job. Knows nothing of how a command is run.

import { environmentField } from "./environment.ts";
import { ANY, type FieldTable, oneWordOf, optional, required, STRING, table } from "./field.ts";
import { jobFields } from "./job-fields.ts";
import { givenInputsField, givenOutputsField } from "./port-fields.ts";
import { limitsField, runtimeFields } from "./runtime-fields.ts";

export const commandJob: FieldTable = table("a command job", {
  ...jobFields,
  type: optional(oneWordOf("command"), "`command`, also when it is left out."),
  command: required(STRING, "The shell command, with `${{inputs.x}}` and `${{outputs.x}}`."),
  code: optional(STRING, "Folder that is copied to where the command runs."),
  environment: environmentField,
  ...runtimeFields,
  limits: limitsField,
  inputs: givenInputsField,
  outputs: givenOutputsField,
  parameters: optional(ANY, "Read-only; ignored here."),
  parent_job_name: optional(STRING, "Accepted; without effect."),
});
