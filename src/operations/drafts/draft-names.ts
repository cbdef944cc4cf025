// What the words of a command line are likely to mean to a step: whether an option is written to, whether a value is a
// path, what an input or output is to be called.

import { plainLetters } from "../../core/plain-letters.ts";

/** Options that name where a program writes. */
const WRITTEN =
  /^(?:o|out|output|outputs|outdir|outfile|dest|destination)$|(?:^|_)(?:out|output|save|export)(?:_|$)|^(?:result|results|report|predictions?|scores?|metrics)(?:_(?:dir|path|file|csv|json))?$/;

/** Options that say no more than "input" or "output": the path's own name says more. */
const GENERIC =
  /^(?:o|i|f|out|output|outputs|outdir|outfile|in|input|inputs|infile|file|path|dest|destination)(?:_(?:dir|path|file|folder))?$/;

/** Options that name something that is read. */
const READ =
  /(?:^|_)(?:in|input|inputs|data|dataset|source|src|corpus|images|table|csv|parquet|train|test|valid|config|labels|features|weights|checkpoint|model)(?:_|$)/;

/** `--learning-rate` → `learning_rate`. */
export function optionName(option: string): string {
  return option.replace(/^-+/, "").replaceAll("-", "_");
}

export function isWritten(option: string): boolean {
  return WRITTEN.test(option.toLowerCase());
}

export function isRead(option: string): boolean {
  return READ.test(option.toLowerCase());
}

/** A file that a program runs. */
export const SCRIPT = /\.(?:py|r|sh|bash|js|mjs|cjs|ts|jl|pl|rb|lua|awk|sql)$/i;

/** Has a folder in it or an ending like a file's; `0.1` and `v1.5` have none. */
export function looksLikePath(value: string): boolean {
  if (value === "" || /^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return false;
  return value.includes("/") || /[^.\s]\.[A-Za-z][A-Za-z0-9]{0,7}$/.test(value);
}

/** A new file or folder, as it is written. */
export function newPathType(value: string): "uri_file" | "uri_folder" {
  return /[^./]\.[A-Za-z][A-Za-z0-9]{0,7}$/.test(value) ? "uri_file" : "uri_folder";
}

/** `out/model v2.pkl` → `model_v2`. */
export function stemOf(value: string): string {
  const base = value.replace(/\/+$/, "").split("/").at(-1) ?? "";
  return portName(base.replace(/(?<=.)\.[A-Za-z][A-Za-z0-9]{0,7}$/, ""));
}

/** The name of an input or output: of its option, else of its path. */
export function nameFor(option: string | null, value: string): string {
  if (option === null) return stemOf(value);
  return GENERIC.test(option.toLowerCase()) ? stemOf(value) : portName(option);
}

/** Letters, digits and `_`, beginning with a letter; the same for the names of steps. */
export function portName(text: string): string {
  const name = plainLetters(text, "_");
  if (name === "") return "value";
  return /^\d/.test(name) ? `_${name}` : name;
}

/** What a step is called that nobody named: as its script, its module or its program. */
export function nameOfCommand(words: readonly string[]): string {
  const script = words.length > 1 ? words.find((word) => SCRIPT.test(word)) : undefined;
  if (script !== undefined) return stemOf(script);
  const module = words.includes("-m") ? words[words.indexOf("-m") + 1] : undefined;
  if (module !== undefined) return portName(module.split(".").at(-1) ?? "");
  const [program = ""] = words
    .join(" ")
    .split(" ")
    .filter((word) => !/^[A-Za-z_]\w*=/.test(word));
  return stemOf(program);
}

/** `name`, or `name_2` where that is taken; takes it. */
export function takeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number += 1) free = `${name}_${number}`;
  taken.add(free);
  return free;
}
