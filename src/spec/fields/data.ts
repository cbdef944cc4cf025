// The fields of a data asset. Knows nothing of where bytes are kept.

import {
  ANY,
  type FieldTable,
  mapOf,
  oneWordOf,
  optional,
  required,
  SCALAR,
  STRING,
  table,
} from "./field.ts";

export const data: FieldTable = table("a data asset", {
  $schema: optional(STRING, "Address of the editor schema."),
  name: required(STRING, "The asset's name."),
  version: optional(SCALAR, "Its version; the next free one unless given."),
  type: optional(oneWordOf("uri_file", "uri_folder", "mltable"), "`uri_folder` unless given."),
  path: required(STRING, "Local path, `azureml://datastores/…`, or URL."),
  description: optional(STRING, "What it is."),
  tags: optional(mapOf(SCALAR), "Labels to find it by."),
  datastore: optional(STRING, "Accepted and kept; without effect on one machine."),
  auto_delete_setting: optional(ANY, "Accepted and kept; without effect."),
  id: optional(STRING, "Read-only; ignored here."),
  properties: optional(mapOf(ANY), "Free settings."),
  creation_context: optional(ANY, "Read-only; ignored here."),
  latest_version: optional(ANY, "Read-only; ignored here."),
});
