// `stepwell component create|list|show`: versioned, immutable components of the workspace.

import type { Command } from "commander";
import type { Context } from "../context.ts";
import { defineAssetCommand } from "../define-asset-command.ts";

export function define(command: Command, context: Context): void {
  defineAssetCommand(command, context, "component");
}
