// `stepwell du [--by …]`: what takes the disk, what of it is shared, and what gc would free. Removes nothing.

import { type Command, Option } from "commander";
import {
  type DiskUsage,
  diskUsage,
  USAGE_GROUPS,
  type UsageGroup,
} from "../../operations/keeping/disk-usage.ts";
import { noteUsage } from "../../operations/recorded/usage-note.ts";
import type { Context } from "../context.ts";
import { bytes, table } from "../format.ts";

export function define(command: Command, context: Context): void {
  command
    .addOption(
      new Option("--by <what>", "what to add up").choices([...USAGE_GROUPS]).default("kind"),
    )
    .option("--json", "print one JSON object")
    .addHelpText("after", "\nExamples:\n  stepwell du\n  stepwell du --by step")
    .action(async ({ by, json }: { by: UsageGroup; json?: boolean }) => {
      const workspace = await context.open({ create: "refuse" });
      try {
        const usage = await diskUsage(workspace, by);
        if (by === "kind") noteUsage(workspace, usage.sizeBytes);
        if (json) context.terminal.out(JSON.stringify({ schema: 1, ...usage }));
        else print(context, usage);
      } finally {
        await workspace.close();
      }
    });
}

/** More groups than these say little. */
const SHOWN = 40;

function print(context: Context, { by, groups, sizeBytes, garbageBytes }: DiskUsage): void {
  const { terminal } = context;
  const rows = groups
    .slice(0, SHOWN)
    .map(({ name, sizeBytes: size, sharedBytes }) => [
      bytes(size),
      sharedBytes > 0 ? bytes(sharedBytes) : "",
      name,
    ]);
  if (rows.length > 0) terminal.out(table([["SIZE", "SHARED", by.toUpperCase()], ...rows]));
  const rest = groups.length - SHOWN;
  if (rest > 0) terminal.out(`and ${rest} more`);
  const whose = by === "environment" ? ", shared by all workspaces of this user" : "";
  terminal.out(`${bytes(sizeBytes)} in all${whose}`);
  const hint = garbageBytes > 0 ? ": stepwell gc" : "";
  terminal.out(`gc would free ${bytes(garbageBytes)}${hint}`);
}
