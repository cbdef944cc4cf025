// Makes a step of a script by what it says of its own command line. What must have a value and has none is named in a
// comment, and refused by `validate` until it is written; flags and options without a default are left out and named.

import fs from "node:fs";
import path from "node:path";
import { shellWord } from "../../core/shell-word.ts";
import type { ScriptArgument, ScriptDescription } from "./describe-scripts.ts";
import { codeFor, environmentFor, isPython, relativeTo } from "./draft-code.ts";
import {
  isRead,
  isWritten,
  looksLikePath,
  newPathType,
  portName,
  takeName,
} from "./draft-names.ts";
import type { DraftInput, StepDraft } from "./step-draft.ts";

export interface ScriptWords {
  readonly name: string;
  /** Absolute path. */
  readonly script: string;
  readonly described: ScriptDescription | null;
  /** Folder of the pipeline file. */
  readonly folder: string;
  readonly made: ReadonlyMap<string, string>;
}

/** Begins the remark that names what has no value yet. */
export const NEEDED = "write under inputs";

interface Parts {
  readonly words: string[];
  readonly inputs: Record<string, DraftInput>;
  readonly outputs: Record<string, "uri_file" | "uri_folder">;
  readonly leftOut: string[];
  readonly needed: string[];
  readonly data: string[];
  readonly taken: Set<string>;
}

export function draftFromScript(from: ScriptWords): StepDraft {
  const parts: Parts = {
    words: [],
    inputs: {},
    outputs: {},
    leftOut: [],
    needed: [],
    data: [],
    taken: new Set(),
  };
  for (const argument of from.described?.arguments ?? []) addArgument(from, parts, argument);
  const code = codeFor(from.script, from.folder, from.described, parts.data);
  const environment = /\.(?:py|ipynb)$/i.test(from.script)
    ? environmentFor(from.script, from.folder)
    : null;
  const remarks: string[] = [...(from.described?.notes ?? [])];
  if (from.described?.error)
    remarks.push(`its arguments could not be read: ${from.described.error}`);
  if (parts.needed.length > 0) remarks.push(`${NEEDED}: ${parts.needed.join(", ")}`);
  if (parts.leftOut.length > 0) remarks.push(`left out: ${parts.leftOut.join(", ")}`);
  if (path.extname(from.script).toLowerCase() === ".ipynb") parts.outputs.executed = "uri_folder";
  return {
    name: from.name,
    command: [...programOf(from.script, code.script, environment), ...parts.words].join(" "),
    code: code.code,
    includes: code.includes,
    environment,
    inputs: parts.inputs,
    outputs: parts.outputs,
    remarks,
  };
}

const PROGRAMS: Readonly<Record<string, string>> = {
  ".r": "Rscript",
  ".sh": "bash",
  ".js": "node",
  ".mjs": "node",
  ".jl": "julia",
};

function programOf(script: string, name: string, environment: string | null): readonly string[] {
  const word = shellWord(name);
  const python = environment === null ? "python3" : "python";
  if (isPython(script)) return [python, word];
  const extension = path.extname(script).toLowerCase();
  if (extension === ".ipynb") return [python, ...NOTEBOOK, word];
  const program = PROGRAMS[extension];
  return program === undefined ? [`./${word}`] : [program, word];
}

/** Needs the packages nbconvert and ipykernel. */
const NOTEBOOK = "-m nbconvert --to notebook --execute --output-dir ${{outputs.executed}}".split(
  " ",
);

function addArgument(from: ScriptWords, parts: Parts, argument: ScriptArgument): void {
  const value = argument.is_flag ? null : referenceFor(from, parts, argument);
  if (value === null) parts.leftOut.push(argument.flag ?? argument.name);
  else parts.words.push(...(argument.flag === null ? [] : [argument.flag]), value);
}

/** A reference to what the argument becomes, or null where it is left to the script's own default. */
function referenceFor(from: ScriptWords, parts: Parts, argument: ScriptArgument): string | null {
  const name = takeName(portName(argument.name), parts.taken);
  const input = (given: DraftInput): string => {
    parts.inputs[name] = given;
    return `\${{inputs.${name}}}`;
  };
  const text = typeof argument.default === "string" ? argument.default : null;
  const isOut = argument.direction === "out" || (argument.direction === null && isWritten(name));
  const made = from.made.get(name);
  if (!isOut && made !== undefined) return input({ kind: "binding", to: `parent.jobs.${made}` });
  const isPath =
    argument.type === "path" || argument.shape !== null || (text !== null && looksLikePath(text));
  const there = text !== null && isPath && !isOut ? dataAt(from, text) : null;
  if (there !== null) {
    parts.data.push(there.at);
    return input({ kind: "path", type: there.type, path: relativeTo(from.folder, there.at) });
  }
  if (isOut || (isPath && argument.direction === null && !isRead(name))) {
    parts.outputs[name] = pathType(argument);
    return `\${{outputs.${name}}}`;
  }
  if (argument.default !== null && !isPath)
    return input({ kind: "literal", value: argument.default });
  if (!argument.required) return null;
  const isData = isPath || (argument.type === null && isRead(name));
  const choices = argument.choices === null ? "" : ` (${argument.choices.join(", ")})`;
  const wanted = isData ? `{type: ${pathType(argument)}, path: …}` : (argument.type ?? "string");
  parts.needed.push(`${name}: ${wanted}${choices}`);
  return `\${{inputs.${name}}}`;
}

function pathType(argument: ScriptArgument): "uri_file" | "uri_folder" {
  if (argument.shape !== null) return argument.shape === "file" ? "uri_file" : "uri_folder";
  const text = typeof argument.default === "string" ? argument.default : fileHint(argument.name);
  return newPathType(text);
}

/** `report_json` → `x.json`; a name that says nothing of a file means a folder. */
function fileHint(name: string): string {
  return /(?:^|_)(?:file|csv|json|txt|parquet|pkl|png|svg|html|table|report|config)(?:_|$)/i.test(
    name,
  )
    ? "x.txt"
    : "x/";
}

/** A default that exists, beside the pipeline or beside the script. */
function dataAt(
  from: ScriptWords,
  text: string,
): { readonly at: string; readonly type: "uri_file" | "uri_folder" } | null {
  if (text === "") return null;
  for (const folder of [from.folder, path.dirname(from.script)]) {
    const at = path.resolve(folder, text);
    const stat = fs.statSync(at, { throwIfNoEntry: false });
    if (stat !== undefined) return { at, type: stat.isDirectory() ? "uri_folder" : "uri_file" };
  }
  return null;
}
