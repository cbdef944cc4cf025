// Fields that every job file shares: its names, tags and where it runs. Knows nothing of any one kind of job.

import { ANY, type Field, mapOf, optional, SCALAR, STRING } from "./field.ts";
import { extensionFields, identityField, servicesField } from "./runtime-fields.ts";

const READ_ONLY = "Read-only: Azure writes it into exported jobs; ignored here.";

/** Names, tags and properties, as jobs, nodes and components have them. */
export const describedFields = {
  $schema: optional(STRING, "Address of the editor schema."),
  name: optional(STRING, "The name."),
  display_name: optional(STRING, "What lists and pages show."),
  description: optional(STRING, "What it is for."),
  tags: optional(mapOf(SCALAR), "Labels to find it by; they never cause a rerun."),
  properties: optional(
    mapOf(ANY),
    "Free settings; keys that start with `stepwell.` are ours, as JSON text.",
  ),
} satisfies Record<string, Field>;

export const jobFields = {
  ...describedFields,
  name: optional(STRING, "The run's name, unique in the workspace; generated unless given."),
  experiment_name: optional(STRING, "The experiment that the run is listed under."),
  compute: optional(STRING, "The compute it runs on: `azureml:name`, or `name`."),
  identity: identityField,
  services: servicesField,
  id: optional(STRING, READ_ONLY),
  status: optional(STRING, READ_ONLY),
  creation_context: optional(ANY, READ_ONLY),
  log_files: optional(ANY, READ_ONLY),
  ...extensionFields,
} satisfies Record<string, Field>;
