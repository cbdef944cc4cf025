// A run that a notebook shows while it goes on: one picture that is drawn anew. Only where there is a kernel (Deno's).

import { readRun } from "../operations/recorded/read-run.ts";
import { runView } from "../operations/recorded/run-view.ts";
import type { PipelineParts } from "../sdk/pipeline-parts.ts";
import { runEvents } from "./events.ts";
import type { Home } from "./home.ts";
import { accepted } from "./refused.ts";
import { shownRun } from "./show-run.ts";

interface Kernel {
  broadcast(kind: string, content: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Null where nobody shows anything. */
export function kernel(): Kernel | null {
  try {
    const { Deno } = globalThis as { readonly Deno?: { readonly jupyter?: Kernel } };
    return Deno?.jupyter ?? null;
  } catch {
    // Deno outside of a kernel refuses the very look.
    return null;
  }
}

/** The picture is drawn anew no more often than this. */
const PAUSE_MS = 250;

let count = 0;

/** Resolves when the run has its end, or nobody goes on with it. */
export async function showLive(
  home: Home,
  run: string,
  { notebook, pipeline }: { readonly notebook: Kernel; readonly pipeline: PipelineParts | null },
): Promise<void> {
  count += 1;
  const transient = { display_id: `stepwell-${process.pid}-${count}` };
  const draw = async (kind: string): Promise<void> => {
    const report = await home.use(async (workspace) =>
      runView(workspace.folder, accepted(await readRun(workspace, run))),
    );
    const data = shownRun(report, pipeline);
    await notebook.broadcast(kind, { data, metadata: {}, transient });
  };
  await draw("display_data");
  let drawnAt = performance.now();
  for await (const _ of runEvents(home, run)) {
    if (performance.now() - drawnAt < PAUSE_MS) continue;
    await draw("update_display_data");
    drawnAt = performance.now();
  }
  await draw("update_display_data");
}
