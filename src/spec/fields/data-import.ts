// The fields of a data import: a data asset with a source of its rows or files, as `az ml data import` reads it.

import { importSource } from "./data-transfer.ts";
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

export const dataImport: FieldTable = table("a data import", {
  $schema: optional(STRING, "Address of the editor schema."),
  name: required(STRING, "The asset's name."),
  version: optional(SCALAR, "Its version; the next free one unless given."),
  type: optional(oneWordOf("uri_file", "uri_folder", "mltable"), "`uri_folder` unless given."),
  source: required(importSource, "Where the data comes from."),
  path: optional(STRING, "Where a copy goes, `azureml://datastores/…`; may hold `${{name}}`."),
  description: optional(STRING, "What it is."),
  tags: optional(mapOf(SCALAR), "Labels to find it by."),
  auto_delete_setting: optional(ANY, "Accepted and kept; without effect."),
  properties: optional(mapOf(ANY), "Free settings."),
});
