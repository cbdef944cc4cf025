// Makes a step of a command as it is typed in a shell: paths that exist become inputs, new ones outputs, other values
// parameters. Looks at the disk and at what earlier steps make; writes nothing.

import fs from "node:fs";
import path from "node:path";
import { shellWord } from "../../core/shell-word.ts";
import type { ScriptDescription } from "./describe-scripts.ts";
import { codeFor, environmentFor, isPython, relativeTo } from "./draft-code.ts";
import {
  isRead,
  isWritten,
  looksLikePath,
  nameFor,
  newPathType,
  optionName,
  SCRIPT,
  stemOf,
  takeName,
} from "./draft-names.ts";
import type { DraftInput, StepDraft } from "./step-draft.ts";

export interface CommandWords {
  readonly name: string;
  readonly words: readonly string[];
  readonly currentFolder: string;
  /** Folder of the pipeline file. */
  readonly folder: string;
  /** Outputs that earlier steps make, by name: `train.outputs.model` of the latest. */
  readonly made: ReadonlyMap<string, string>;
  /** What a script imports, or null where nobody can say. */
  readonly describe: (script: string) => ScriptDescription | null;
}

interface Building {
  readonly inputs: Record<string, DraftInput>;
  readonly outputs: Record<string, "uri_file" | "uri_folder">;
  readonly taken: Set<string>;
  /** Absolute paths of inputs. */
  readonly data: string[];
  readonly described: ScriptDescription | null;
  readonly remarks: string[];
  /** Without one the words belong to a program that is not ours: only paths are taken out of them. */
  readonly hasScript: boolean;
}

export function draftFromCommand(from: CommandWords): StepDraft {
  const count = Math.max(
    0,
    from.words.findIndex((word) => !ASSIGNMENT.test(word)),
  );
  const draft = draftOfProgram({ ...from, words: from.words.slice(count) });
  const variables = from.words.slice(0, count).map(assignment);
  return { ...draft, command: [...variables, draft.command].join(" ") };
}

/** `OMP_NUM_THREADS=1` in front of the program. */
const ASSIGNMENT = /^([A-Za-z_]\w*)=(.*)$/s;

function assignment(word: string): string {
  const [, name = "", value = ""] = ASSIGNMENT.exec(word) ?? [];
  return `${name}=${value === "" ? "" : shellWord(value)}`;
}

function draftOfProgram(from: CommandWords): StepDraft {
  const [only = "", ...more] = from.words;
  if (more.length === 0 && /\s/.test(only)) return shellCommand(from, only);
  const script = scriptIndex(from);
  const file = script < 0 ? null : path.resolve(from.currentFolder, from.words[script] as string);
  const described = file !== null && isPython(file) ? from.describe(file) : null;
  const building: Building = {
    inputs: {},
    outputs: {},
    taken: new Set(),
    data: [],
    described,
    remarks: [],
    hasScript: file !== null,
  };
  if (isShellText(from.words)) building.remarks.push(TAKEN_AS_IT_IS);
  const parts = from.words.map((word, index) => {
    if (index === 0 && index !== script) return shellWord(word);
    if (index === script) return null;
    return wordOf(from, building, index, script);
  });
  const code = file === null ? null : codeFor(file, from.folder, described, building.data);
  const called = code === null ? "" : shellWord(script === 0 ? `./${code.script}` : code.script);
  const isModule = from.words.includes("-m") && isPythonProgram(from.words[0]);
  return {
    name: from.name,
    command: parts.map((part) => part ?? called).join(" "),
    code: code?.code ?? (isModule ? relativeTo(from.folder, from.currentFolder) : null),
    includes: code?.includes ?? [],
    environment:
      file !== null && !isPython(file) && !isModule
        ? null
        : environmentFor(file ?? path.join(from.currentFolder, "-"), from.folder),
    inputs: building.inputs,
    outputs: building.outputs,
    remarks: building.remarks,
  };
}

const TAKEN_AS_IT_IS =
  "taken as it is, in a folder of its own without your files: declare what it reads under inputs and what it writes under outputs, and write ${{inputs.NAME}} and ${{outputs.NAME}} in their place";

/** `bash -c '…'` */
function isShellText(words: readonly string[]): boolean {
  return (
    /^(?:ba|z|da|k)?sh$/.test(path.basename(words[0] ?? "")) && /^-[a-z]*c$/.test(words[1] ?? "")
  );
}

/** A whole command line in one word, with its pipes and quotes: taken as it is. */
function shellCommand({ name }: CommandWords, command: string): StepDraft {
  const nothing = { code: null, includes: [], environment: null, inputs: {}, outputs: {} };
  return { name, command, ...nothing, remarks: [TAKEN_AS_IT_IS] };
}

function isPythonProgram(word: string | undefined): boolean {
  return /^python[\d.]*$/.test(path.basename(word ?? ""));
}

/** The first word that is a script of ours and not the value of an option; -1 where none is. */
function scriptIndex({ words, currentFolder }: CommandWords): number {
  return words.findIndex((word, index) => {
    const before = words[index - 1] ?? "";
    if (before.startsWith("--") || before === "-m") return false;
    if (!SCRIPT.test(word) && !(index === 0 && word.includes("/"))) return false;
    return kindOf(currentFolder, word) === "uri_file";
  });
}

/** One word of the command as it will stand there. */
function wordOf(from: CommandWords, building: Building, index: number, script: number): string {
  const word = from.words[index] as string;
  const joined = /^(--[^=]+)=(.*)$/s.exec(word);
  if (joined !== null) {
    const [, option = "", value = ""] = joined;
    return `${option}=${referenceFor(from, building, optionName(option), value)}`;
  }
  if (isOption(word)) return shellWord(word);
  const before = from.words[index - 1] ?? "";
  if (
    !building.hasScript &&
    /^-[A-Za-z]$/.test(before) &&
    kindOf(from.currentFolder, word) === null
  )
    return shellWord(word);
  if (before === "-m" && isPythonProgram(from.words[0])) return shellWord(word);
  const named = isOption(before) && index - 1 !== script && !isFlag(building, before);
  return referenceFor(from, building, named ? optionName(before) : null, word);
}

function isFlag({ described }: Building, option: string): boolean {
  return described?.arguments.some((one) => one.flag === option && one.is_flag) ?? false;
}

/** What the script does with the value; null where that is not known. */
function directionOf({ described }: Building, option: string | null): "in" | "out" | null {
  const known = described?.arguments.find(
    (one) => one.flag !== null && optionName(one.flag) === option,
  );
  return known?.direction ?? null;
}

function isOption(word: string): boolean {
  return /^-{1,2}[A-Za-z]/.test(word);
}

/** A reference to the input or output that a value becomes. */
function referenceFor(
  from: CommandWords,
  building: Building,
  option: string | null,
  value: string,
): string {
  const direction = directionOf(building, option);
  // Its name says so, or the script that takes it.
  const written = direction === null ? option !== null && isWritten(option) : direction === "out";
  const add = (input: DraftInput, wanted: string): string => {
    const name = takeName(wanted, building.taken);
    building.inputs[name] = input;
    return `\${{inputs.${name}}}`;
  };
  const made = written ? null : madeBy(from, building, option, value);
  const there = written ? null : kindOf(from.currentFolder, value);
  if (there !== null) {
    const at = path.resolve(from.currentFolder, value);
    building.data.push(at);
    const input = { kind: "path", type: there, path: relativeTo(from.folder, at) } as const;
    if (made !== null)
      building.remarks.push(
        `${value} is read as it lies there; what step ${made.from.split(".")[0]} makes is \${{parent.jobs.${made.from}}}${made.rest}`,
      );
    return add(input, nameFor(option, value));
  }
  if (made !== null)
    return add({ kind: "binding", to: `parent.jobs.${made.from}` }, made.name) + made.rest;
  const isPath = looksLikePath(value) && !PATTERN.test(value);
  if (direction === "in" && isPath) {
    building.remarks.push(`${value}, which the script reads, is not there`);
    const at = path.resolve(from.currentFolder, value);
    return add(
      { kind: "path", type: newPathType(value), path: relativeTo(from.folder, at) },
      nameFor(option, value),
    );
  }
  if (written || isPath) {
    const name = takeName(nameFor(option, value), building.taken);
    building.outputs[name] = newPathType(value);
    return `\${{outputs.${name}}}`;
  }
  if (option === null && !building.hasScript) return shellWord(value);
  const number = Number(value);
  // A number that prints otherwise than it is written (`1e-3`, `007`) stays the text it is.
  const literal = String(number) === value && Number.isFinite(number) ? number : value;
  return add(
    { kind: "literal", value: literal },
    option === null ? "value" : nameFor(option, option),
  );
}

/** A name for several files, which the program itself looks for. */
const PATTERN = /[*?[\]]/;

interface MadeValue {
  /** `train.outputs.model` */
  readonly from: string;
  /** Of the input that it becomes. */
  readonly name: string;
  /** The path inside of it. */
  readonly rest: string;
}

/** What an earlier step makes under the name of a path: `model/`, `model/weights.pkl`, or `model` where data are asked for. */
function madeBy(
  { made, currentFolder }: CommandWords,
  { described }: Building,
  option: string | null,
  value: string,
): MadeValue | null {
  // Above the current folder nothing is a step's.
  if (value.split("/").includes("..")) return null;
  const whole = made.get(stemOf(value));
  const choices = described?.arguments.find(
    (one) => one.flag !== null && optionName(one.flag) === option,
  )?.choices;
  const asksForData = option !== null && isRead(option) && choices == null;
  const isPath = looksLikePath(value) || kindOf(currentFolder, value) !== null;
  if (whole !== undefined && (isPath || (asksForData && /^[\w-]+$/.test(value))))
    return { from: whole, name: nameFor(option, value), rest: "" };
  const [, first = "", rest = ""] = /^(?:\.\/)?([^/]+)(\/[\w./-]*[\w-])$/.exec(value) ?? [];
  const found = rest === "" ? undefined : made.get(stemOf(first));
  return found === undefined ? null : { from: found, name: stemOf(first), rest };
}

function kindOf(folder: string, word: string): "uri_file" | "uri_folder" | null {
  const stat = fs.statSync(path.resolve(folder, word), { throwIfNoEntry: false });
  if (word === "" || stat === undefined) return null;
  return stat.isDirectory() ? "uri_folder" : "uri_file";
}
