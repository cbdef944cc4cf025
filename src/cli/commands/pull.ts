// `stepwell pull RUN|ASSET`: takes a run of others, or a version of data or a model, from the caches of stepwell.yml.

import type { Command } from "commander";
import { isRefusal, refuse } from "../../operations/refusal.ts";
import { pullRun } from "../../operations/sharing/pull-run.ts";
import { pullAsset } from "../../operations/sharing/share-assets.ts";
import { firstCache } from "../../operations/sharing/with-caches.ts";
import { signingKey } from "../../operations/signing-key.ts";
import type { Workspace } from "../../operations/workspace.ts";
import { counted } from "../../spec/counted.ts";
import type { Context } from "../context.ts";
import { bytes } from "../format.ts";
import { withWorkspace } from "../with-workspace.ts";
import { assetWord } from "./push.ts";

interface JsonFlag {
  readonly json?: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .argument(
      "<what>",
      "the name of a run as its maker calls it; or data:NAME:VERSION, model:NAME:VERSION",
    )
    .option("--json", "print one JSON object")
    .addHelpText("after", "\nExamples:\n  stepwell pull taxi-17\n  stepwell pull model:trees:3")
    .action((what: string, flags: JsonFlag) =>
      withWorkspace(context, "make", async (workspace) => {
        const key = signingKey(workspace.shell);
        if (isRefusal(key)) return context.refuse(key, flags.json);
        const options = { ownKey: key.publicKey, ...flags };
        const asset = assetWord(what);
        if (asset === null) await pullOne(context, workspace, what, options);
        else await pullNamed(context, workspace, asset, options);
      }),
    );
}

type Options = JsonFlag & { readonly ownKey: string };

async function pullOne(
  context: Context,
  workspace: Workspace,
  name: string,
  { ownKey, json = false }: Options,
): Promise<void> {
  const pulled = await firstCache(workspace, (cache) =>
    pullRun(workspace, cache, { name, ownKey }),
  );
  if (isRefusal(pulled)) return context.refuse(pulled, json);
  if (json) return context.terminal.out(JSON.stringify({ schema: 1, pulled }));
  for (const one of pulled)
    context.terminal.out(
      `${name} is ${one.run} here: ${counted(one.outputs, "output")}, ${bytes(one.bytes)}`,
    );
}

async function pullNamed(
  context: Context,
  workspace: Workspace,
  { kind, text }: { readonly kind: "data" | "model"; readonly text: string },
  { ownKey, json = false }: Options,
): Promise<void> {
  const colon = text.lastIndexOf(":");
  if (colon < 1) {
    const refusal = refuse(
      "wrong_usage",
      "say which version",
      `stepwell pull ${kind}:${text}:VERSION`,
    );
    return context.refuse(refusal, json);
  }
  const wanted = { kind, name: text.slice(0, colon), version: text.slice(colon + 1), ownKey };
  const asset = await firstCache(workspace, (cache) => pullAsset(workspace, cache, wanted));
  if (isRefusal(asset)) return context.refuse(asset, json);
  const name = `${asset.name}:${asset.version}`;
  if (json) context.terminal.out(JSON.stringify({ schema: 1, asset: `${kind}:${name}` }));
  else context.terminal.out(`${kind} ${name} is here; use it as azureml:${name}`);
}
