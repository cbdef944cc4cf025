// `stepwell complete VERB WORD…`: names of the record that may come next, one a line, for the completion of a shell. Says
// nothing where there are none: the shell offers files then.

import { Command } from "commander";
import { COMMANDS } from "../commands.ts";
import { namesIn, nextWord } from "../completion-names.ts";
import type { Context } from "../context.ts";

export function define(command: Command, context: Context): void {
  command
    .argument("[words...]", "the words before the one that is being typed")
    .allowUnknownOption()
    .helpOption(false)
    .action(async ([name = "", ...words]: string[]) => {
      const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
      if (entry === undefined) return;
      const verb = new Command(name);
      (await entry.load()).define(verb, context);
      const next = nextWord(verb, words);
      if (next === null) return;
      const workspace = await context.open({ create: "refuse" });
      try {
        for (const found of await namesIn(workspace, next)) context.terminal.out(found);
      } finally {
        await workspace.close();
      }
    });
}
