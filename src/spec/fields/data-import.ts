// The fields of a data import: those of a data asset, with a source of its rows or files, as `az ml data import` reads it.

import { data } from "./data.ts";
import { importSource } from "./data-transfer.ts";
import { type FieldTable, optional, required, STRING, table } from "./field.ts";

export const dataImport: FieldTable = table("a data import", {
  ...data.fields,
  source: required(importSource, "Where the data comes from."),
  path: optional(STRING, "Where a copy goes, `azureml://datastores/…`; may hold `${{name}}`."),
});
