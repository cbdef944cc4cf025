// The fields of a command component. Knows nothing of the nodes that use it.

import { additionalIncludesField, componentFields } from "./component-fields.ts";
import { environmentField } from "./environment.ts";
import { anyCaseOf, type FieldTable, optional, required, STRING, table } from "./field.ts";
import { runtimeFields } from "./runtime-fields.ts";

export const commandComponent: FieldTable = table("a command component", {
  ...componentFields,
  type: optional(anyCaseOf("command"), "`command`, also when it is left out."),
  command: required(STRING, "The shell command, with `${{inputs.x}}` and `${{outputs.x}}`."),
  code: optional(STRING, "Folder that is copied to where the command runs."),
  environment: environmentField,
  ...runtimeFields,
  additional_includes: additionalIncludesField,
});
