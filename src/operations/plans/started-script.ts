// The script that a command starts with, where the step's code lacks it: told before its environment is made, not after.
// Whatever else a command does is its own affair.

import { existsSync } from "node:fs";
import path from "node:path";
import { type IgnoredFile, leftOutHint } from "../../core/failure-causes.ts";
import { namesInWords, suggestion } from "../../spec/did-you-mean.ts";
import { liveCode } from "../../spec/frozen-root.ts";
import type { CodeReference, StepNode } from "../../spec/graph.ts";
import { type Refusal, refuse } from "../refusal.ts";

/** What installs packages first leaves the folder as it is. */
const INSTALL = /^\s*(?:python3? -m )?pip3? install [^;&|]*&&/;
const SCRIPT =
  /^\s*(?:python3?|Rscript|bash|sh|node) +(?:-u +)?((?:\.\/)?\w[\w./-]*\.(?:py|[rR]|sh|m?js))(?=\s|$)/;

/** So far above the code a folder is looked for that has it. */
const LEVELS = 4;

interface CodeFiles {
  /** The files of the step's code, by their paths in it. */
  readonly parts: Readonly<Record<string, unknown>>;
  readonly ignored: (code: CodeReference, path: string) => IgnoredFile | null;
}

export function scriptNotInCode(
  { command, code }: Pick<StepNode, "command" | "code">,
  { parts, ignored }: CodeFiles,
): Refusal | null {
  const written = SCRIPT.exec((command ?? "").replace(INSTALL, ""))?.[1];
  if (written === undefined) return null;
  const script = path.posix.normalize(written);
  if (script.startsWith("../") || Object.hasOwn(parts, script)) return null;
  if (code === null) {
    const message = `the command starts ${script}, and the step has no code`;
    return refuse("missing_script", message, "say where it lies, code: ./FOLDER");
  }
  const message = `the command starts ${script}, which is not in the step's code`;
  const own = liveCode(code);
  const kept = ignored(own, script);
  if (kept !== null) return refuse("missing_script", message, leftOutHint(kept));
  const above = own.path === null ? null : folderAbove(own.path, script);
  const files = Object.keys(parts);
  const hint =
    above === null
      ? suggestion(script, files, `it has ${namesInWords(files)}`)
      : `${above} has it: name that folder as code`;
  return refuse("missing_script", message, hint);
}

function folderAbove(folder: string, script: string): string | null {
  let at = path.dirname(folder);
  for (let level = 0; level < LEVELS; level += 1) {
    if (existsSync(path.join(at, script))) return at;
    at = path.dirname(at);
  }
  return null;
}
