// Makes the context of a command: opens workspaces through the composition root and prints refusals.

import type { Refusal } from "../operations/refusal.ts";
import { isRefusal } from "../operations/refusal.ts";
import type { Workspace } from "../operations/workspace.ts";
import { hostProcesses, openWorkspace } from "../wiring.ts";
import { type Context, Exit } from "./context.ts";
import { printProblems, problemsJson } from "./print-problems.ts";
import type { Terminal } from "./terminal.ts";

export function createContext(
  terminal: Terminal,
  workspaceOption: string | null,
  words: readonly string[],
  asksForJson = false,
): Context {
  const exit = (code: number): never => {
    throw new Exit(code);
  };
  const refuse = (refusal: Refusal, json = asksForJson): never => {
    if (refusal.problems.length > 0) {
      if (json) terminal.out(problemsJson(refusal.problems));
      printProblems(terminal, refusal.problems);
    } else {
      const { code, message, hint } = refusal;
      if (json) terminal.out(JSON.stringify({ schema: 1, error: { code, message, hint } }));
      terminal.note(`${terminal.colors.red("error")}: ${refusal.message}`);
      if (refusal.hint !== null) terminal.note(`  ${refusal.hint}`);
    }
    return exit(refusal.exitCode);
  };
  return {
    terminal,
    shell: process.env,
    currentFolder: process.cwd(),
    words,
    workspaceOption,
    processes: hostProcesses,
    refuse,
    exit,
    async open({ create }): Promise<Workspace> {
      const opened = await openWorkspace({
        option: workspaceOption,
        currentFolder: process.cwd(),
        shell: process.env,
        create,
        notice: (line) => terminal.note(line),
      });
      return isRefusal(opened) ? refuse(opened) : opened;
    },
  };
}
