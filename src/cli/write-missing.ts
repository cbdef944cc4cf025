// `--write`: what a definition needs of `stepwell.yml` and it does not say is written there, before anything else happens.

import type { Demand } from "../core/plan.ts";
import { loadDefinition } from "../operations/definitions/load-definition.ts";
import { writeComputes } from "../operations/drafts/write-computes.ts";
import { isRefusal } from "../operations/refusal.ts";
import type { Context } from "./context.ts";
import { workspaceFor } from "./definition-file.ts";
import { type DefinitionFlags, definitionOptions } from "./run-options.ts";

export async function writeMissing(
  context: Context,
  file: string,
  flags: DefinitionFlags & { readonly json?: boolean },
): Promise<void> {
  if (!flags.write) return;
  const workspace = await context.open(workspaceFor(context, file));
  try {
    const unknown = new Set<string>();
    const capacity = (name: string): Demand | null => {
      const known = workspace.capacity(name);
      if (known === null) unknown.add(name);
      return known;
    };
    const options = definitionOptions(context, file, flags);
    await loadDefinition({ ...workspace, capacity }, options, { fresh: true });
    if (unknown.size === 0) return;
    const written = writeComputes(workspace.folder, [...unknown]);
    if (isRefusal(written)) return context.refuse(written, flags.json);
    for (const line of written.lines) context.terminal.note(`${written.file}: + ${line}`);
  } finally {
    await workspace.close();
  }
}
