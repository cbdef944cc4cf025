// `stepwell doctor`: what this machine has of what Stepwell needs, and what to do about the rest.

import type { Command } from "commander";
import { checkMachine } from "../../operations/check-machine.ts";
import { isRefusal, type Refusal } from "../../operations/refusal.ts";
import { openWorkspace } from "../../wiring.ts";
import type { Context } from "../context.ts";

/** Something without which nothing runs is missing. */
const UNUSABLE = 4;

export function define(command: Command, context: Context): void {
  command
    .option("--json", "print one JSON object")
    .addHelpText("after", "\nExample:\n  stepwell doctor")
    .action(async (flags: { json?: boolean }) => {
      const findings = await checkMachine({
        shell: context.shell,
        currentFolder: context.currentFolder,
        workspaceOption: context.workspaceOption,
        processes: context.processes(),
        record: (folder) => unusableRecord(context, folder),
      });
      const usable = findings.every((finding) => finding.state === "ok" || !finding.required);
      if (flags.json) context.terminal.out(JSON.stringify({ schema: 1, usable, checks: findings }));
      else
        for (const { name, state, required, detail, advice } of findings) {
          const mark = state === "missing" && !required ? "missing (optional)" : state;
          context.terminal.out(`${name}: ${mark}: ${detail}`);
          if (advice !== null) context.terminal.out(`  ${advice}`);
        }
      context.exit(usable ? 0 : UNUSABLE);
    });
}

/** As every other command would be told. */
async function unusableRecord(context: Context, folder: string): Promise<Refusal | null> {
  const { currentFolder, shell } = context;
  const notice = (): void => {};
  const options = { option: folder, currentFolder, shell, create: "refuse", notice } as const;
  const opened = await openWorkspace(options);
  if (isRefusal(opened)) return opened;
  await opened.close();
  return null;
}
