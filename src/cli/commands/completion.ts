// `stepwell completion bash|zsh|fish`: a script that completes the verbs and options of the command table; everything
// else completes as file names.

import { Command } from "commander";
import { refuse } from "../../operations/refusal.ts";
import { COMMANDS } from "../commands.ts";
import { type CompletionTable, completionScript, isCompletionShell } from "../completion-script.ts";
import type { Context } from "../context.ts";

export function define(command: Command, context: Context): void {
  command
    .argument("<shell>", "bash, zsh or fish")
    .addHelpText(
      "after",
      '\nExamples:\n  eval "$(stepwell completion bash)"      (in ~/.bashrc)\n  stepwell completion fish > ~/.config/fish/completions/stepwell.fish',
    )
    .action(async (shell: string) => {
      if (!isCompletionShell(shell))
        return context.refuse(
          refuse("unknown_shell", `there is no completion for ${shell}`, "use bash, zsh or fish"),
        );
      context.terminal.out(completionScript(shell, await tableOf(context)));
    });
}

async function tableOf(context: Context): Promise<CompletionTable> {
  const verbs = Object.entries(COMMANDS).filter(([name]) => name !== "engine");
  return Promise.all(
    verbs.map(async ([name, { summary, load }]) => {
      const command = new Command(name);
      (await load()).define(command, context);
      const own = new Set([command, ...command.commands].flatMap(optionNames));
      return {
        name,
        summary,
        words: command.commands.map((inner) => inner.name()),
        options: [...own, "--help", "--workspace", ...(own.has("--json") ? ["--output"] : [])],
      };
    }),
  );
}

function optionNames(command: Command): readonly string[] {
  return command.options.flatMap((option) => option.long ?? []);
}
