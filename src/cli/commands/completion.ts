// `stepwell completion bash|zsh|fish`: a script that completes the verbs and options of the command table, and by
// `stepwell complete` names of the record; everything else completes as file names.

import { Command } from "commander";
import { refuse } from "../../operations/refusal.ts";
import { COMMANDS, HIDDEN } from "../commands.ts";
import { takesNames } from "../completion-names.ts";
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
  const verbs = Object.entries(COMMANDS).filter(([name]) => !HIDDEN.has(name));
  return Promise.all(
    verbs.map(async ([name, { summary, load }]) => {
      const command = new Command(name);
      (await load()).define(command, context);
      const own = new Map([command, ...command.commands].flatMap(optionsOf));
      return {
        name,
        summary,
        words: command.commands.map((inner) => inner.name()),
        takesNames: takesNames(command),
        options: [...own, ...(own.has("--json") ? [...GLOBAL, OUTPUT] : GLOBAL)].map(
          ([long, about]) => ({ long, about }),
        ),
      };
    }),
  );
}

type Described = readonly [long: string, about: string];

const GLOBAL: readonly Described[] = [
  ["--help", "say what the command does"],
  ["--workspace", "folder that holds .stepwell/"],
];
const OUTPUT: Described = ["--output", "json, yaml, tsv or table"];

function optionsOf(command: Command): readonly Described[] {
  return command.options.flatMap(({ long, description }) =>
    typeof long === "string" ? [[long, description] as const] : [],
  );
}
