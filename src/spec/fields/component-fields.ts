// Fields that components of every type share. Knows nothing of any one type.

import {
  ANY,
  BOOLEAN,
  type Field,
  listOf,
  mapOf,
  oneOf,
  optional,
  SCALAR,
  STRING,
} from "./field.ts";
import { describedFields } from "./job-fields.ts";
import { declaredInputsField, declaredOutputsField } from "./port-fields.ts";
import { extensionFields } from "./runtime-fields.ts";

const READ_ONLY = "Read-only; ignored here.";

export const componentFields = {
  ...describedFields,
  name: optional(STRING, "The component's name; needed to register it."),
  version: optional(SCALAR, "Its version; the next free one unless given."),
  is_deterministic: optional(
    BOOLEAN,
    "Whether the same inputs give the same result; true unless given.",
  ),
  inputs: declaredInputsField,
  outputs: declaredOutputsField,
  id: optional(STRING, READ_ONLY),
  creation_context: optional(ANY, READ_ONLY),
  latest_version: optional(ANY, READ_ONLY),
  auto_delete_setting: optional(ANY, "Accepted and kept; without effect."),
  intellectual_property: optional(ANY, "Accepted and kept; without effect."),
  ...extensionFields,
} satisfies Record<string, Field>;

export const additionalIncludesField: Field = optional(
  listOf(oneOf(STRING, mapOf(ANY))),
  "Files and folders laid beside the code, each under its own name. The ignore file of the code folder holds in them too.",
);
