// `stepwell data …`: versioned, immutable data assets of the workspace, and looking at data wherever it lies.

import type { Command } from "commander";
import type { Context } from "../context.ts";
import { defineAssetCommand } from "../define-asset-command.ts";
import { defineDataImport } from "../define-data-import.ts";
import { defineDataLooks } from "../define-data-looks.ts";

export function define(command: Command, context: Context): void {
  defineAssetCommand(command, context, "data");
  defineDataImport(command, context);
  defineDataLooks(command, context);
}
