// The text of a new pipeline file: its head and its steps. And the schema beside the workspace, which lets an editor
// complete and check it.

import fs from "node:fs";
import path from "node:path";
import { schemaFor } from "../../spec/json-schema.ts";
import { renderStep, type StepDraft, yamlText } from "./step-draft.ts";

const SCHEMA_FOLDER = path.join(".stepwell", "schema");

/** The first line of a file of a kind: editors that know YAML read it. */
export function schemaLine(kind: "pipeline" | "workspace"): string {
  return `# yaml-language-server: $schema=.stepwell/schema/${kind}.json`;
}

/** Writes the schemas that {@link schemaLine} names into a folder that has, or will have, a workspace. */
export function writeSchemas(folder: string): void {
  const place = path.join(folder, SCHEMA_FOLDER);
  fs.mkdirSync(place, { recursive: true });
  fs.writeFileSync(path.join(folder, ".stepwell", ".gitignore"), "*\n");
  for (const kind of ["pipeline", "workspace"] as const)
    fs.writeFileSync(path.join(place, `${kind}.json`), `${JSON.stringify(schemaFor(kind))}\n`);
}

export function pipelineText(name: string, steps: readonly StepDraft[]): string {
  const lines = [
    schemaLine("pipeline"),
    "type: pipeline",
    `display_name: ${yamlText(name)}`,
    "settings:",
    "  default_compute: azureml:local",
    "jobs:",
    ...steps.flatMap((step) => renderStep(step, 2)),
  ];
  return `${lines.join("\n")}\n`;
}
