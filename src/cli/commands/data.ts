// `stepwell data create|list|show`: versioned, immutable data assets of the workspace.

import type { Command } from "commander";
import type { Context } from "../context.ts";
import { defineAssetCommand } from "../define-asset-command.ts";

export function define(command: Command, context: Context): void {
  defineAssetCommand(command, context, "data");
}
