// `stepwell cache key`: the public key that others write under `trust`, so that results of yours count for them.

import type { Command } from "commander";
import { isRefusal } from "../../operations/refusal.ts";
import { signingKey } from "../../operations/signing-key.ts";
import type { Context } from "../context.ts";

export function define(command: Command, context: Context): void {
  command
    .command("key")
    .description("print your public key, which others trust under `cache` of stepwell.yml")
    .option("--json", "print one JSON object")
    .action((flags: { readonly json?: boolean }) => {
      const key = signingKey(context.shell);
      if (isRefusal(key)) return context.refuse(key, flags.json);
      const { publicKey } = key;
      context.terminal.out(flags.json ? JSON.stringify({ schema: 1, publicKey }) : publicKey);
    });
}
