// Finds out whether a step ran a Python that nobody could watch, from its command and from who watched it. Pure: what a
// script that the command starts does in its turn is not known here.

import type { StepNode } from "../spec/graph.ts";
import type { StepResult } from "./output.ts";
import { baseName, simpleCommands } from "./simple-commands.ts";

/** Why, as the end of a sentence; null when each Python was watched as far as the command shows, or there is none. */
export function unwatchedPython(
  { command }: Pick<StepNode, "command">,
  { watchedBy }: Pick<StepResult, "watchedBy">,
): string | null {
  if (command === null || watchedBy === "strace" || !/python|pypy/.test(command)) return null;
  const commands = simpleCommands(plainText(command));
  if (!commands.some((words) => pythonIn(words) >= 0)) return null;
  const blind = commands.map(blindness).find((found) => found !== null) ?? null;
  if (blind !== null) return blind;
  return watchedBy === undefined ? "it never told what it reads" : null;
}

/** Without what is set in it; the scanner leaves expansions in braces out of a word. */
function plainText(command: string): string {
  return command
    .replaceAll(/\$\{\{.*?\}\}/gs, "x")
    .replaceAll(/\$\[\[|\]\]/g, " ")
    .replaceAll(/\$\{PYTHONPATH\b[^}]*\}/g, () => "$PYTHONPATH");
}

const PYTHON = /^(?:python|pypy)[\d.]*$/;
/** Commands that only speak of a program. */
const TALK = new Set([
  "echo",
  "printf",
  "which",
  "type",
  "test",
  "[",
  "command",
  "grep",
  "rm",
  "ls",
]);
/** It ends before it reads anything. */
const TELLS_VERSION = new Set(["-V", "-VV", "--version", "-h", "--help"]);

function pythonIn(words: readonly string[]): number {
  const head = words.find((word) => !/^[A-Za-z_]\w*=/.test(word)) ?? "";
  if (TALK.has(head) && !(head === "command" && !words.includes("-v"))) return -1;
  return words.findIndex(
    (word, at) => PYTHON.test(baseName(word)) && !TELLS_VERSION.has(words[at + 1] ?? ""),
  );
}

/** What in this command keeps a Python from loading what watches it; null: nothing. */
function blindness(words: readonly string[]): string | null {
  const isReplaced = (word: string): boolean => /^PYTHONPATH=(?!.*\bPYTHONPATH\b)/s.test(word);
  const python = pythonIn(words);
  const before = python < 0 ? words : words.slice(0, python);
  const names = python >= 0 || before.every((word) => /^[A-Za-z_]\w*=/.test(word));
  if ((names || /^(?:export|declare|env)$/.test(before[0] ?? "")) && before.some(isReplaced))
    return "the command replaces PYTHONPATH; PYTHONPATH=…:$PYTHONPATH keeps it";
  if (words[0] === "unset" && words.includes("PYTHONPATH")) return "the command unsets PYTHONPATH";
  if (python < 0) return null;
  const env = before.findIndex((word) => baseName(word) === "env");
  const cleared = before.slice(env + 1).find((word, at, rest) => {
    if (word === "-i" || word === "-" || word === "--ignore-environment") return true;
    return word === "-uPYTHONPATH" || (word === "-u" && rest[at + 1] === "PYTHONPATH");
  });
  if (env >= 0 && cleared !== undefined) return `env ${cleared} takes PYTHONPATH away`;
  const flag = optionsOf(words.slice(python + 1)).find((word) => /^-[A-Za-z]*[IES]/.test(word));
  return flag === undefined ? null : `python ${flag} does not load what watches it`;
}

/** Options of Python's own; `-c`, `-m` and `-W`, `-X` take the next word. */
function optionsOf(words: readonly string[]): readonly string[] {
  const options: string[] = [];
  for (const word of words) {
    if (!word.startsWith("-") || /^-[A-Za-z]*[cmWX]/.test(word)) break;
    options.push(word);
  }
  return options;
}
