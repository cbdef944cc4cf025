// Where a reference is safe for the shell's parser and still is read as a program or as arithmetic by the command that
// gets it: `eval`, `[[ … -eq … ]]`, `python -c`. Knows commands by their names only.

import type { ShellWord } from "./shell-cursor.ts";
import type { ShellCommand } from "./shell-scanner.ts";

/** `error`: bash itself would run a hostile value. `warning`: another program may read it as its own code. */
export interface ShellDanger {
  readonly severity: "error" | "warning";
  readonly kind: "eval" | "arithmetic" | "name" | "braces" | "program_text" | "program";
  readonly marker: number;
  /** The command that makes it dangerous. */
  readonly command: string;
}

/** All dangers in one command, at most one for each marker. */
export function findDangers(command: ShellCommand): ShellDanger[] {
  const words = command.words.filter((word) => !word.redirect);
  const found =
    command.kind === "test"
      ? testDangers(words)
      : command.kind === "array"
        ? subscriptDangers(words)
        : simpleDangers(words, command.piped);
  const braces = command.kind === "test" ? [] : words.flatMap(braceDangers);
  const seen = new Set<number>();
  return [...found, ...braces].filter(({ marker }) => !seen.has(marker) && seen.add(marker));
}

/** Variables that bash (or every program) runs code from. */
const CODE_VARIABLES = /^(?:PS4|PROMPT_COMMAND|BASH_ENV|ENV)\+?=/;
const ASSIGNMENT = /^[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=/;
const WRAPPERS = new Set(["command", "builtin", "exec", "env", "nohup", "time", "nice", "sudo"]);
const EVALUATORS = new Set(["eval", "trap"]);
/** Builtins whose arguments are names: bash evaluates a subscript in them. */
const NAMERS = new Set(
  "declare typeset local readonly export unset read mapfile readarray getopts let".split(" "),
);
const ARITHMETIC_TESTS = new Set(["-eq", "-ne", "-lt", "-le", "-gt", "-ge"]);
const SHELLS = /^(?:bash|sh|dash|zsh|ksh|ash)$/;

/** Interpreter → the options after which program text follows. */
const INTERPRETERS: readonly (readonly [RegExp, RegExp])[] = [
  [SHELLS, /^-[a-z]*c$/],
  [/^(?:python|pypy)[\d.]*$/, /^-[a-zA-Z]*c$/],
  [/^(?:perl|ruby)[\d.]*$/, /^-[a-zA-Z]*[eE]$/],
  [/^(?:node|deno|bun|julia|R|Rscript)$/, /^(?:-e|-p|-E|--eval|--print)$/],
  [/^php$/, /^-r$/],
  [/^su$/, /^(?:-c|--command)$/],
];

function simpleDangers(words: readonly ShellWord[], piped: readonly number[]): ShellDanger[] {
  const assignments = words.findIndex((word) => !ASSIGNMENT.test(word.text));
  const start = assignments < 0 ? words.length : assignments;
  const found = words
    .slice(0, start)
    .flatMap((word) =>
      CODE_VARIABLES.test(word.text)
        ? mark(word, "error", "eval", word.text.split("=")[0] ?? "")
        : subscriptDangers([word]),
    );
  const unwrapped = words.slice(start).findIndex((word) => !WRAPPERS.has(word.text));
  const command = unwrapped < 0 ? [] : words.slice(start + unwrapped);
  const name = command[0];
  if (name === undefined) return found;
  if (subscripted(name)) return [...found, ...mark(name, "error", "arithmetic", "a subscript")];
  if (name.text.includes("\0")) found.push(...mark(name, "warning", "program", ""));
  return [...found, ...builtinDangers(command), ...programDangers(command, piped)];
}

function builtinDangers(command: readonly ShellWord[]): ShellDanger[] {
  const name = command[0]?.text ?? "";
  const rest = command.slice(1);
  if (EVALUATORS.has(name)) return rest.flatMap((word) => mark(word, "error", "eval", name));
  if (name === "let") return rest.flatMap((word) => mark(word, "error", "arithmetic", name));
  if (name === "[" || name === "test") return testDangers(rest, false);
  if (name === "printf") {
    const target = rest[0]?.text === "-v" ? rest[1] : undefined;
    return target === undefined ? [] : mark(target, "error", "name", "printf -v");
  }
  if (!NAMERS.has(name)) return [];
  const integer = rest.some((word) => /^-[a-zA-Z]*i/.test(word.text));
  return rest
    .filter((word) => integer || !/^[A-Za-z_]\w*\+?=/.test(word.text))
    .flatMap((word) => mark(word, "error", integer ? "arithmetic" : "name", name));
}

function testDangers(words: readonly ShellWord[], arithmetic = true): ShellDanger[] {
  return words.flatMap((word, index) => {
    const next = words[index + 1];
    if ((word.text === "-v" || word.text === "-R") && next !== undefined)
      return mark(next, "error", "name", word.text);
    if (!arithmetic || !ARITHMETIC_TESTS.has(word.text)) return [];
    return [words[index - 1], next].flatMap((side) =>
      side === undefined ? [] : mark(side, "error", "arithmetic", `[[ … ${word.text} … ]]`),
    );
  });
}

function subscriptDangers(words: readonly ShellWord[]): ShellDanger[] {
  return words.flatMap((word) =>
    subscripted(word) ? mark(word, "error", "arithmetic", "a subscript") : [],
  );
}

function subscripted(word: ShellWord): boolean {
  return /^(?:[A-Za-z_]\w*)?\[[^\]]*\0[^\]]*\]\+?=/.test(word.text);
}

function programDangers(command: readonly ShellWord[], piped: readonly number[]): ShellDanger[] {
  const name = baseName(command[0]);
  const found = command.flatMap((word, index) => {
    const interpreter = INTERPRETERS.find(([pattern]) => pattern.test(baseName(word)));
    if (interpreter === undefined) return [];
    const text = programText(command.slice(index + 1), interpreter[1]);
    return text === undefined ? [] : mark(text, "warning", "program_text", baseName(word));
  });
  if (SHELLS.test(name)) {
    const input = command.filter((word) => word.hereString);
    found.push(...input.flatMap((word) => mark(word, "warning", "program_text", name)));
    found.push(...piped.map((marker) => danger(marker, "warning", "program_text", name)));
  }
  if (name === "ssh" || name === "watch" || name === "parallel")
    found.push(...command.slice(2).flatMap((word) => mark(word, "warning", "program_text", name)));
  if (/^(?:[gm]?awk|sed)$/.test(name)) {
    const text = filterProgram(command.slice(1));
    if (text !== undefined) found.push(...mark(text, "warning", "program_text", name));
  }
  return found;
}

/** The first word of awk or sed that is no option, nor what `-v`, `-F` or `-f` takes: a variable is data. */
function filterProgram(words: readonly ShellWord[]): ShellWord | undefined {
  for (let at = 0; at < words.length; at += 1) {
    const text = words[at]?.text ?? "";
    if (/^-[vFf]$/.test(text)) at += 1;
    else if (!text.startsWith("-")) return words[at];
  }
  return undefined;
}

/** The word after the option that announces program text, if only options stand before it. */
function programText(words: readonly ShellWord[], option: RegExp): ShellWord | undefined {
  const at = words.findIndex((word) => option.test(word.text) || !word.text.startsWith("-"));
  return at >= 0 && option.test(words[at]?.text ?? "") ? words[at + 1] : undefined;
}

/** `{1..${{inputs.n}}}` is expanded before variables are: it would stay as it is. */
function braceDangers(word: ShellWord): ShellDanger[] {
  return !word.quoted && /\{[^{},]*(?:\0[^{},]*\.\.|\.\.[^{},]*\0)[^{},]*\}/.test(word.text)
    ? mark(word, "error", "braces", "")
    : [];
}

function baseName(word: ShellWord | undefined): string {
  return word?.text.slice(word.text.lastIndexOf("/") + 1) ?? "";
}

function mark(
  word: ShellWord,
  severity: ShellDanger["severity"],
  kind: ShellDanger["kind"],
  command: string,
): ShellDanger[] {
  return word.markers.map((marker) => danger(marker, severity, kind, command));
}

function danger(
  marker: number,
  severity: ShellDanger["severity"],
  kind: ShellDanger["kind"],
  command: string,
): ShellDanger {
  return { severity, kind, marker, command };
}
