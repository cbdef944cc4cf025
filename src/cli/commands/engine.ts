// `stepwell engine`: the engine that a detached run starts for itself. It ends when nothing is left to do; while somebody
// else is the engine it stands by.

import type { Command } from "commander";
import { leadOrStandBy } from "../../operations/recorded/stand-by.ts";
import { driveRun } from "../../operations/runs/drive-run.ts";
import type { Context } from "../context.ts";

export function define(command: Command, context: Context): void {
  command.action(async () => {
    const workspace = await context.open({ create: "refuse" });
    try {
      const onNotice = context.terminal.note;
      await leadOrStandBy(workspace, () =>
        driveRun(workspace, { run: null, follow: null, onNotice }),
      );
    } finally {
      await workspace.close();
    }
  });
}
