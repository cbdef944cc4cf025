// `stepwell data create|list|show|import`: versioned, immutable data assets of the workspace.

import type { Command } from "commander";
import type { Context } from "../context.ts";
import { defineAssetCommand } from "../define-asset-command.ts";
import { defineDataImport } from "../define-data-import.ts";

export function define(command: Command, context: Context): void {
  defineAssetCommand(command, context, "data");
  defineDataImport(command, context);
}
