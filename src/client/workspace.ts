// A workspace from code: its runs, found and listed, and the doors to what is registered.

import { allRuns } from "../operations/recorded/all-runs.ts";
import { findRun } from "../operations/recorded/find-run.ts";
import { shownStatus } from "../operations/recorded/shown-status.ts";
import type { Workspace as Opened } from "../operations/workspace.ts";
import type { Run } from "../sdk/run.ts";
import type { RunFilter, Workspace } from "../sdk/workspace.ts";
import { componentAssets, dataAssets } from "./assets.ts";
import { findHome, type Home } from "./home.ts";
import { accepted } from "./refused.ts";
import { createRun } from "./run.ts";

export async function openClientWorkspace(folder: string | null): Promise<Workspace> {
  const home = await findHome(folder, "make");
  // Open until it is closed: each question would open it anew.
  const { release } = await home.hold();
  return {
    folder: home.folder,
    runs: (filter = {}) => listed(home, filter),
    run: (word) =>
      home.use(async (workspace) => found(home, accepted(await findRun(workspace, word)))),
    data: dataAssets(home, "data"),
    models: dataAssets(home, "model"),
    components: componentAssets(home),
    close: release,
  };
}

function found(home: Home, name: string): Run {
  return createRun(home, name, { driver: null, source: null, warnings: [] });
}

async function* listed(home: Home, filter: RunFilter): AsyncGenerator<Run> {
  const { limit = Number.POSITIVE_INFINITY, signal, status } = filter;
  const { workspace, release } = await home.hold();
  let count = 0;
  try {
    if (limit <= 0) return;
    for await (const row of allRuns(workspace.records, rowFilter(filter))) {
      signal?.throwIfAborted();
      if (status !== undefined && (await shownStatus(workspace, row)) !== status) continue;
      yield found(home, row.name);
      count += 1;
      if (count >= limit) return;
    }
  } finally {
    await release();
  }
}

type RowFilter = Parameters<typeof allRuns>[1];

/** No record says `Interrupted`: it is seen only when a run is looked at. */
function rowFilter({ experiment, pipeline, status, tag }: RunFilter): RowFilter {
  return {
    ...(experiment === undefined ? {} : { experiment }),
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(tag === undefined ? {} : { tags: [tag] }),
    ...(status === undefined || status === "Interrupted" ? {} : { status }),
  } satisfies Partial<Parameters<Opened["records"]["runs"]>[0]>;
}
