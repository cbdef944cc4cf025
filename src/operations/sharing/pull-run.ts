// Takes a run of others by its name from the caches, with all of its bytes.

import type { OutputRecord } from "../../core/output.ts";
import { readRun } from "../recorded/read-run.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { importSharedRun } from "./import-run.ts";
import { runsNamed, type SharedCache } from "./shared-cache.ts";
import { fetchFrom } from "./shared-results.ts";

export interface Pulled {
  /** What the run is called here. */
  readonly run: string;
  readonly outputs: number;
  readonly bytes: number;
}

const PULL_ITS_MAKER =
  "results that a run took over are had by the name of the run that made them: where it was made, stepwell push RUN names that one";

/** Throws `StorageError`. */
export async function pullRun(
  workspace: Workspace,
  cache: SharedCache,
  { name, ownKey }: { readonly name: string; readonly ownKey: string },
): Promise<readonly Pulled[] | Refusal> {
  const pulled: Pulled[] = [];
  const mistakes: string[] = [];
  for (const id of await runsNamed(cache, name)) {
    const imported = await importSharedRun(workspace, cache, { id, ownKey });
    if ("mistake" in imported) mistakes.push(imported.mistake);
    else {
      const fetched = await fetchAll(workspace, cache, imported.run);
      if (isRefusal(fetched)) return fetched;
      pulled.push(fetched);
    }
  }
  if (pulled.length > 0) return pulled;
  const isNone = mistakes.length === 0;
  const why = isNone ? "there is none of that name" : mistakes.join("; ");
  return refuse(
    "not_shared",
    `run ${name} cannot be had from ${cache.config.url}: ${why}`,
    isNone ? PULL_ITS_MAKER : null,
    1,
  );
}

async function fetchAll(
  workspace: Workspace,
  cache: SharedCache,
  name: string,
): Promise<Pulled | Refusal> {
  const run = await readRun(workspace, name);
  if (isRefusal(run)) return run;
  const records = [...run.results.values()].flatMap(({ result }): OutputRecord[] => [
    ...Object.values(result.outputs),
    ...(result.artifacts === null ? [] : [result.artifacts]),
  ]);
  for (const record of records)
    if (!(await fetchFrom(workspace, cache, record)))
      return refuse(
        "shared_bytes_missing",
        `the bytes of ${record.path} are not whole in ${cache.config.url}`,
        "push the run again from where it was made",
        1,
      );
  const bytes = records.reduce((sum, record) => sum + record.sizeBytes, 0);
  return { run: name, outputs: records.length, bytes };
}
