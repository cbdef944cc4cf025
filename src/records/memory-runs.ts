// Lists of runs in memory, newest first, as filters have it.

import type { RunFilter, RunRow } from "../ports/records.ts";

export function listRuns(runs: readonly RunRow[], filter: RunFilter): readonly RunRow[] {
  const { before, tags = [] } = filter;
  const older = (row: RunRow): boolean =>
    before === undefined ||
    row.order < before.order ||
    (row.order === before.order && row.name < before.name);
  const isTagged = (row: RunRow): boolean =>
    tags.every(
      ([name, value]) =>
        Object.hasOwn(row.tags, name) && (value === null || row.tags[name] === value),
    );
  return runs
    .filter((row) => filter.imported === true || !row.imported)
    .filter((row) => filter.experiment === undefined || row.experiment === filter.experiment)
    .filter((row) => filter.pipeline === undefined || row.pipeline === filter.pipeline)
    .filter((row) => filter.status === undefined || row.status === filter.status)
    .filter(isTagged)
    .filter((row) => row.name.startsWith(filter.namePrefix ?? ""))
    .filter((row) => filter.endedSince === undefined || (row.endedAt ?? 0) >= filter.endedSince)
    .filter(older)
    .sort((a, b) => b.order - a.order || (a.name < b.name ? 1 : -1))
    .slice(0, filter.limit);
}
