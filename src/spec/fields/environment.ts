// The fields of an environment, as an asset and written inline. Knows nothing of how one is built.

import {
  ANY,
  anyCaseOf,
  extension,
  type Field,
  type FieldTable,
  listOf,
  mapOf,
  oneOf,
  optional,
  PYTHON,
  record,
  required,
  SCALAR,
  STRING,
  table,
} from "./field.ts";

const READ_ONLY = "Read-only; ignored here.";

const fields = {
  $schema: optional(STRING, "Address of the editor schema."),
  name: optional(STRING, "The environment's name."),
  version: optional(SCALAR, "Its version; the next free one unless given."),
  description: optional(STRING, "What it is for."),
  tags: optional(mapOf(SCALAR), "Labels to find it by."),
  properties: optional(mapOf(ANY), "Free settings."),
  image: optional(STRING, "Container image; a table of the workspace may map it to packages."),
  conda_file: optional(oneOf(STRING, mapOf(ANY)), "A conda file, or its content."),
  build: optional(
    record(() =>
      table("a build context", {
        path: optional(STRING, "Folder with the Dockerfile."),
        dockerfile_path: optional(STRING, "The Dockerfile inside that folder."),
      }),
    ),
    "A container image to build.",
  ),
  os_type: optional(anyCaseOf("linux", "windows"), "Operating system."),
  inference_config: optional(ANY, "Accepted and kept; for serving."),
  datastore: optional(STRING, "Accepted and kept; without effect on one machine."),
  id: optional(STRING, READ_ONLY),
  creation_context: optional(ANY, READ_ONLY),
  latest_version: optional(ANY, READ_ONLY),
  auto_delete_setting: optional(ANY, "Accepted and kept; without effect."),
  intellectual_property: optional(ANY, READ_ONLY),
  requirements: extension(STRING, "A requirements.txt."),
  project: extension(STRING, "A project folder with pyproject.toml and uv.lock."),
  python: extension(
    PYTHON,
    "An interpreter to use as it is, or a Python version: with `packages`, or alone.",
  ),
  packages: extension(listOf(STRING), "Packages in pip's syntax."),
} satisfies Record<string, Field>;

export const environment: FieldTable = table("an environment", {
  ...fields,
  name: required(STRING, "The environment's name."),
});

export const inlineEnvironment: FieldTable = table("an environment", fields);

export const environmentField: Field = optional(
  oneOf(
    STRING,
    record(() => inlineEnvironment),
  ),
  "The software it needs: `azureml:name:version`, a file, or an environment written here.",
);
