// `stepwell push [RUN|ASSET]`: shares what a run made, or a version of data or a model, through the caches of stepwell.yml.

import type { Command } from "commander";
import { findAsset } from "../../operations/recorded/find-asset.ts";
import { isRefusal } from "../../operations/refusal.ts";
import { type Pushed, pushRun } from "../../operations/sharing/push-run.ts";
import { pushAsset } from "../../operations/sharing/share-assets.ts";
import { everyWritable } from "../../operations/sharing/with-caches.ts";
import { type SigningKey, signingKey } from "../../operations/signing-key.ts";
import type { Workspace } from "../../operations/workspace.ts";
import { counted } from "../../spec/counted.ts";
import type { Context } from "../context.ts";
import { bytes } from "../format.ts";
import { RUN_HELP, runOf } from "../targets.ts";
import { withWorkspace } from "../with-workspace.ts";

interface JsonFlag {
  readonly json?: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .argument("[what]", `${RUN_HELP}; or data:NAME:VERSION, model:NAME:VERSION`)
    .option("--json", "print one JSON object")
    .addHelpText("after", "\nExamples:\n  stepwell push\n  stepwell push data:iris:3")
    .action((what: string | undefined, flags: JsonFlag) =>
      withWorkspace(context, "refuse", async (workspace) => {
        const key = signingKey(workspace.shell);
        if (isRefusal(key)) return context.refuse(key, flags.json);
        const asset = assetWord(what);
        if (asset === null) await pushOne(context, workspace, what, { key, ...flags });
        else await pushNamed(context, workspace, asset, { key, ...flags });
      }),
    );
}

/** `data:NAME[:VERSION]` or `model:…`; null: a run. */
export function assetWord(
  word: string | undefined,
): { readonly kind: "data" | "model"; readonly text: string } | null {
  const parts = /^(data|model):(.+)$/.exec(word ?? "");
  return parts && { kind: parts[1] as "data" | "model", text: parts[2] as string };
}

type Options = JsonFlag & { readonly key: SigningKey };

async function pushOne(
  context: Context,
  workspace: Workspace,
  word: string | undefined,
  { key, json = false }: Options,
): Promise<void> {
  const name = await runOf(context, workspace, word, json);
  const done = await everyWritable(workspace, (cache) => pushRun(workspace, cache, { name, key }));
  if (isRefusal(done)) return context.refuse(done, json);
  const { terminal } = context;
  const pushed = done.map(({ url, answer }) => ({ cache: url, runs: answer }));
  if (json) return terminal.out(JSON.stringify({ schema: 1, pushed }));
  for (const { cache, runs } of pushed)
    for (const run of runs) for (const line of linesOf(run)) terminal.out(`${cache}: ${line}`);
}

function linesOf(pushed: Pushed): readonly string[] {
  const { run, results, files, notShared } = pushed;
  return [
    `${run}: ${counted(results, "result")}, ${counted(files, "new file")} (${bytes(pushed.bytes)})`,
    ...notShared.map(({ step, why }) => `${run}: ${step} is not shared: ${why}`),
  ];
}

async function pushNamed(
  context: Context,
  workspace: Workspace,
  { kind, text }: { readonly kind: "data" | "model"; readonly text: string },
  { key, json = false }: Options,
): Promise<void> {
  const asset = await findAsset(workspace, kind, text);
  if (isRefusal(asset)) return context.refuse(asset, json);
  const done = await everyWritable(workspace, (cache) =>
    pushAsset(workspace, cache, { asset, key }),
  );
  if (isRefusal(done)) return context.refuse(done, json);
  const name = `${kind}:${asset.name}:${asset.version}`;
  const { terminal } = context;
  const pushed = done.map(({ url, answer }) => ({ cache: url, ...answer }));
  if (json) return terminal.out(JSON.stringify({ schema: 1, asset: name, pushed }));
  for (const one of pushed)
    terminal.out(`${one.cache}: ${name}, ${one.files} new files (${bytes(one.bytes)})`);
}
