// What the columns of a table hold, wherever it lies, from one reading of all of it.

import type { ColumnProfile } from "../../tables/table-profile.ts";
import { TableProfile } from "../../tables/table-profile.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { findData } from "./find-data.ts";
import { type FoundTable, findTable, unlessUnreadable } from "./find-table.ts";
import { openData } from "./open-data.ts";
import { unlessStorageFails } from "./storage-refusal.ts";

export interface DataProfile {
  readonly schema: 1;
  readonly data: string;
  readonly file: string;
  readonly format: FoundTable["format"];
  /** That the table is made of. */
  readonly files: number;
  readonly rows: number;
  readonly columns: readonly ColumnProfile[];
  readonly notes: readonly string[];
  readonly bytesRead: number;
}

export async function profileData(
  workspace: Workspace,
  word: string,
  { folder }: { readonly folder: string },
): Promise<DataProfile | Refusal> {
  const reference = await findData(workspace, word, folder);
  if (isRefusal(reference)) return reference;
  const data = await openData(workspace, reference);
  if (isRefusal(data)) return data;
  const { written } = data;
  try {
    return await unlessStorageFails(() =>
      unlessUnreadable(async () => {
        const found = await findTable(workspace, data, { most: null, joined: true });
        if (found === null) return noTable(written);
        if (isRefusal(found)) return found;
        const { file, format, files } = { ...found, file: found.from };
        const profile = await profileOf(found);
        const { rows } = profile;
        const notes = [...data.notes, ...found.table.findings.notes()];
        const bytesRead = found.bytesRead();
        const columns = profile.result();
        return { schema: 1, data: written, file, format, files, rows, columns, notes, bytesRead };
      }),
    );
  } finally {
    await data.close();
  }
}

export function noTable(written: string): Refusal {
  return refuse(
    "no_table",
    `there is no table in ${written}`,
    "see what it is: stepwell data preview",
    1,
  );
}

/** Closes it. */
export async function profileOf(found: FoundTable): Promise<TableProfile> {
  try {
    const profile = new TableProfile(found.table);
    for await (const rows of found.table.rows) profile.add(rows);
    // Columns that have no row are columns.
    profile.add([]);
    return profile;
  } finally {
    await found.close();
  }
}
