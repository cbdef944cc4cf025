// What the watermark query of an import gives now: a short text that is another one when there is something new.

import type { Cell } from "../../ports/tables.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { withTables } from "./open-tables.ts";
import { unlessStorageFails } from "./storage-refusal.ts";

/** More would be data, not a mark. */
const MOST_ROWS = 100;

export function readWatermark(
  workspace: Workspace,
  connection: string,
  text: string,
): Promise<string | Refusal> {
  return unlessStorageFails(() =>
    withTables(workspace, connection, async (tables) => {
      const signal = new AbortController().signal;
      const { rows } = await tables.query({ kind: "query", text }, signal);
      const found: (readonly Cell[])[] = [];
      for await (const { count, cells } of rows) {
        for (let row = 0; row < count; row += 1)
          found.push(cells.map((column) => column[row] ?? null));
        if (found.length > MOST_ROWS)
          return refuse(
            "watermark_too_long",
            `the watermark query gives more than ${MOST_ROWS} rows`,
            "ask for one row: SELECT max(updated_at) FROM …",
          );
      }
      return JSON.stringify(found, (_, cell: unknown) =>
        typeof cell === "bigint" ? String(cell) : cell,
      );
    }),
  );
}
