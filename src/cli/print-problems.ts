// Mistakes as people read them: place, the line itself with a mark, what to do. And the same as JSON.

import path from "node:path";
import { readText } from "../ports/read-file.ts";
import { withoutAddressSecrets } from "../spec/address-secret.ts";
import { counted } from "../spec/counted.ts";
import type { Position, Problem } from "../spec/problem.ts";
import { shownPath } from "./format.ts";
import type { Terminal } from "./terminal.ts";

export function printProblems(terminal: Terminal, problems: readonly Problem[]): void {
  const lines = createLineReader();
  for (const problem of [...problems].sort(bySeverity)) printProblem(terminal, problem, lines);
  const errors = problems.filter((problem) => problem.severity === "error").length;
  const warnings = problems.length - errors;
  if (errors > 0) terminal.note(`${counted(errors, "error")}, ${counted(warnings, "warning")}`);
}

function bySeverity(a: Problem, b: Problem): number {
  return a.severity === b.severity ? 0 : a.severity === "error" ? -1 : 1;
}

function printProblem(
  terminal: Terminal,
  problem: Problem,
  lines: (position: Position) => string | null,
): void {
  const { colors } = terminal;
  const paint = problem.severity === "error" ? colors.red : colors.yellow;
  const { position } = problem;
  const place =
    position === null ? "" : `${shownPath(position.file)}:${position.line}:${position.column}: `;
  terminal.note(`${place}${paint(problem.severity)}: ${problem.message}`);
  const line = position === null || problem.hidesLine ? null : lines(position);
  if (position !== null && line !== null) {
    const number = String(position.line);
    terminal.note(colors.dim(`  ${number} | ${withoutSecrets(position.file, line)}`));
    terminal.note(
      `  ${" ".repeat(number.length)} | ${" ".repeat(Math.max(0, position.column - 1))}${paint("^")}`,
    );
  }
  if (problem.hint !== null) terminal.note(`  ${colors.cyan("→")} ${problem.hint}`);
}

/** Addresses in `stepwell.yml` may hold secrets anywhere behind their host; columns stay where they are. */
function withoutSecrets(file: string, line: string): string {
  const shown = withoutAddressSecrets(line);
  if (path.basename(file) !== "stepwell.yml") return shown;
  return shown.replaceAll(
    /(https?:\/\/)(?:([^\s/'"@]*)@)?([^\s/'",}]*\/?)([^\s'",}]*)/gi,
    (_, scheme: string, user: string | undefined, host: string, rest: string) =>
      scheme +
      (user === undefined ? "" : `${"*".repeat(user.length)}@`) +
      host +
      "*".repeat(rest.length),
  );
}

/** Longer lines are not shown: a minified file would fill the screen. */
const SHOWN_CHARACTERS = 200;

function createLineReader(): (position: Position) => string | null {
  const files = new Map<string, readonly string[]>();
  return ({ file, line }) => {
    let lines = files.get(file);
    if (lines === undefined) {
      lines = readLines(file);
      files.set(file, lines);
    }
    const text = lines[line - 1];
    return text === undefined || text.length > SHOWN_CHARACTERS ? null : text.replaceAll("\t", " ");
  };
}

function readLines(file: string): readonly string[] {
  try {
    return readText(file).split(/\r?\n/);
  } catch {
    return [];
  }
}

/** The documented JSON form (schema 1). */
export function problemsJson(problems: readonly Problem[]): string {
  const valid = problems.every((problem) => problem.severity === "warning");
  return JSON.stringify({
    schema: 1,
    valid,
    problems: problems.map(({ severity, code, message, hint, position }) => ({
      severity,
      code,
      message,
      file: position?.file ?? null,
      line: position?.line ?? null,
      column: position?.column ?? null,
      hint,
    })),
  });
}
