// `stepwell schema [KIND]`: the JSON schema of a kind of file, for editors; without a kind, the kinds there are.

import type { Command } from "commander";
import { refuse } from "../../operations/refusal.ts";
import { SCHEMA_KINDS, schemaFor } from "../../spec/json-schema.ts";
import type { Context } from "../context.ts";

export function define(command: Command, context: Context): void {
  command
    .argument("[kind]", SCHEMA_KINDS.join(", "))
    .addHelpText("after", "\nExample:\n  stepwell schema pipeline > pipeline.schema.json")
    .action((word: string | undefined) => {
      if (word === undefined) {
        context.terminal.out(SCHEMA_KINDS.join("\n"));
        return;
      }
      const kind = SCHEMA_KINDS.find((one) => one === word);
      if (kind === undefined)
        return context.refuse(
          refuse(
            "unknown_kind",
            `there is no kind ${word}`,
            `it is one of ${SCHEMA_KINDS.join(", ")}`,
          ),
        );
      context.terminal.out(JSON.stringify(schemaFor(kind), null, 2));
    });
}
