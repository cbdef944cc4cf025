// `stepwell engine`: the engine that a detached run starts for itself. It ends when nothing is left to do.

import type { Command } from "commander";
import { driveRun } from "../../operations/drive-run.ts";
import type { Context } from "../context.ts";

export function define(command: Command, context: Context): void {
  command.action(async () => {
    const workspace = await context.open({ create: "refuse" });
    try {
      const onNotice = context.terminal.note;
      await driveRun(workspace, { run: null, follow: null, onNotice });
    } finally {
      await workspace.close();
    }
  });
}
