// The verbs that change what may change of an asset: `archive`, `restore`, `update`, for every kind alike.

import type { Command } from "commander";
import { archiveAsset, updateAsset } from "../operations/assets/change-asset.ts";
import { isRefusal, type Refusal, refuse } from "../operations/refusal.ts";
import type { AssetKind } from "../ports/records.ts";
import { assetView } from "./asset-view.ts";
import type { Context } from "./context.ts";
import { withWorkspace } from "./with-workspace.ts";

interface UpdateFlags {
  readonly description?: string;
  readonly tag?: readonly string[];
  readonly untag?: readonly string[];
  readonly json?: boolean;
}

export function defineAssetChanges(command: Command, context: Context, kind: AssetKind): void {
  for (const verb of ["archive", "restore"] as const)
    command
      .command(verb)
      .description(DOES[verb])
      .argument("<name>", "NAME (all its versions), NAME:VERSION or NAME@LABEL")
      .option("--json", "print one JSON object")
      .action((name: string, flags: { readonly json?: boolean }) =>
        archive(context, kind, { name, verb }, flags),
      );
  command
    .command("update")
    .description("change the description or the tags of a version")
    .argument("<name>", "NAME (the newest version), NAME:VERSION or NAME@LABEL")
    .option("--description <text>", "what it is")
    .option("--tag <key=value>", "set a tag (may be repeated)", collect)
    .option("--untag <key>", "take a tag away (may be repeated)", collect)
    .option("--json", "print one JSON object")
    .action((name: string, flags: UpdateFlags) => update(context, kind, name, flags));
}

const DOES = {
  archive: "leave it out of lists and of @latest; its versions are found by name as before",
  restore: "undo archive",
} as const;

export function collect(word: string, before: readonly string[] = []): readonly string[] {
  return [...before, word];
}

/** `key=value`; the value of a bare key is null. */
export function tagOf(word: string): readonly [key: string, value: string | null] {
  const at = word.indexOf("=");
  return at === -1 ? [word, null] : [word.slice(0, at), word.slice(at + 1)];
}

/** Null: each has a name. */
export function refuseNameless(tags: readonly ReturnType<typeof tagOf>[]): Refusal | null {
  const nameless = tags.find(([key]) => key.trim() === "");
  if (nameless === undefined) return null;
  return refuse("wrong_usage", `the tag =${nameless[1] ?? ""} has no name`, "--tag key=value");
}

function archive(
  context: Context,
  kind: AssetKind,
  { name, verb }: { readonly name: string; readonly verb: "archive" | "restore" },
  flags: { readonly json?: boolean },
): Promise<void> {
  return withWorkspace(context, "refuse", async (workspace) => {
    const changed = await archiveAsset(workspace, kind, name, verb === "archive");
    if (isRefusal(changed)) return context.refuse(changed, flags.json);
    const { terminal } = context;
    if (flags.json)
      return terminal.out(JSON.stringify({ schema: 1, assets: changed.map(assetView) }));
    const done = verb === "archive" ? "archived" : "restored";
    if (changed.length === 0) return terminal.out(`${name} is ${done} already`);
    for (const row of changed) terminal.out(`${done} ${kind} ${row.name}:${row.version}`);
  });
}

function update(
  context: Context,
  kind: AssetKind,
  name: string,
  { description, tag = [], untag = [], json }: UpdateFlags,
): Promise<void> {
  return withWorkspace(context, "refuse", async (workspace) => {
    const tags = tag.map(tagOf);
    const nameless = refuseNameless(tags);
    if (nameless !== null) return context.refuse(nameless, json);
    const bare = tags.find(([, value]) => value === null);
    if (bare !== undefined)
      return context.refuse(
        refuse("wrong_usage", `the tag ${bare[0]} has no value`, "--tag key=value"),
        json,
      );
    if (description === undefined && tags.length + untag.length === 0)
      return context.refuse(
        refuse("wrong_usage", "say what to change", "--description, --tag or --untag"),
        json,
      );
    const changed = await updateAsset(workspace, kind, name, {
      ...(description === undefined ? {} : { description }),
      tags: Object.fromEntries(tags) as Record<string, string>,
      without: untag,
    });
    if (isRefusal(changed)) return context.refuse(changed, json);
    if (json) context.terminal.out(JSON.stringify({ schema: 1, ...assetView(changed) }));
    else context.terminal.out(`changed ${kind} ${changed.name}:${changed.version}`);
  });
}
