// Every run of a workspace that a filter lets through, newest first, read page by page: there may be a million of them.

import type { RecordStore, RunFilter, RunRow } from "../../ports/records.ts";

const PAGE = 500;

/** Begins behind `filter.before` where that is given. */
export async function* allRuns(
  records: Pick<RecordStore, "runs">,
  filter: Omit<RunFilter, "limit"> = {},
): AsyncGenerator<RunRow> {
  for (let page = filter; ; ) {
    const rows = await records.runs({ ...page, limit: PAGE });
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    page = { ...filter, before: { order: last.order, name: last.name } };
  }
}
