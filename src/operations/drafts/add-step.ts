// Adds a step to a pipeline file, or begins one with it. Nothing is written before `writeText`, so that the step can be
// shown first.

import fs from "node:fs";
import path from "node:path";
import { readText } from "../../ports/read-file.ts";
import { readReason } from "../definitions/definition-files.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import { writeWhole } from "../write-whole.ts";
import { describeScripts } from "./describe-scripts.ts";
import { draftFromCommand } from "./draft-from-command.ts";
import { portName } from "./draft-names.ts";
import { insertStep, madeOutputs } from "./insert-step.ts";
import { missingScript } from "./missing-script.ts";
import { pipelineText, writeSchemas } from "./pipeline-text.ts";

export interface AddOptions {
  readonly name: string;
  readonly words: readonly string[];
  /** Absolute path of the pipeline file; it need not be there. */
  readonly file: string;
  readonly currentFolder: string;
  readonly shell: Readonly<Record<string, string | undefined>>;
}

export interface AddedStep {
  readonly isNew: boolean;
  /** The whole file as it is to be. */
  readonly text: string;
  /** What is new in it. */
  readonly lines: readonly string[];
}

export function addStep(options: AddOptions): AddedStep | Refusal {
  const { name, words, file, currentFolder, shell } = options;
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name))
    return refuse(
      "bad_name",
      `${name} cannot be the name of a step`,
      `for example ${portName(name)}`,
    );
  const missing = missingScript(words, currentFolder);
  if (missing !== null) return missing;
  const old = textOf(file);
  if (isRefusal(old)) return old;
  const folder = path.dirname(file);
  const draft = draftFromCommand({
    name,
    words,
    currentFolder,
    folder,
    made: old === null ? new Map() : madeOutputs(old, file),
    describe: (script) => describeScripts([script], shell)?.[0] ?? null,
  });
  if (old !== null) {
    const inserted = insertStep(old, file, draft);
    return isRefusal(inserted) ? inserted : { ...inserted, isNew: false };
  }
  const text = pipelineText(path.basename(folder), [draft]);
  return { isNew: true, text, lines: text.trimEnd().split("\n") };
}

export function writeText(file: string, { text, isNew }: AddedStep): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  writeWhole(file, text);
  if (isNew) writeSchemas(path.dirname(file));
}

/** Null where there is no such file yet. */
function textOf(file: string): string | null | Refusal {
  try {
    return readText(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    const hint = "name the pipeline file, which need not be there yet: --file pipeline.yml";
    return refuse("unreadable_file", `${file} cannot be read: ${readReason(error)}`, hint);
  }
}
