// Files of rows (Parquet, CSV, TSV) as a table of a database, all of them in one go. Knows nothing of databases but that
// they take rows.

import fs from "node:fs";
import path from "node:path";
import type { TransferInput } from "../../core/transfer-order.ts";
import type { RowStream } from "../../ports/tables.ts";
import { counted } from "../../spec/counted.ts";
import type { DatabaseSink } from "../../spec/transfer-settings.ts";
import { readParquet } from "../../tables/parquet-read.ts";
import { UnreadableTable } from "../../tables/unreadable-table.ts";
import { readCsv } from "../../transfers/csv-read.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { withTables } from "./open-tables.ts";
import type { TransferCounts, TransferHooks } from "./run-transfer.ts";

export async function exportRows(
  workspace: Workspace,
  input: TransferInput,
  sink: DatabaseSink,
  hooks: TransferHooks,
): Promise<TransferCounts | Refusal> {
  const files = filesOf(input);
  if (isRefusal(files)) return files;
  try {
    const stream = await rowsOf(files);
    return await withTables(workspace, sink.connection, async (tables) => {
      const write = { table: sink.tableName, mode: sink.writeMode, stream };
      const rows = await tables.write(write, hooks.signal);
      hooks.say(`${tables.address}: ${counted(rows, "row")} in ${sink.tableName}`);
      return { rows };
    });
  } catch (error) {
    if (error instanceof UnreadableTable)
      return refuse("not_a_table", error.message, "export Parquet, CSV or TSV files", 1);
    throw error;
  }
}

const KINDS = [".parquet", ".csv", ".tsv"];

/** The file, or those of the folder whose names say that they hold rows, in the order of their names. */
function filesOf(input: TransferInput): readonly string[] | Refusal {
  if (input.kind === "file") return [input.path];
  const files = fs
    .readdirSync(input.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && KINDS.includes(path.extname(entry.name).toLowerCase()))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  if (files.length > 0) return files;
  return refuse(
    "not_a_table",
    `there is no .parquet, .csv or .tsv file in the input ${input.name}`,
    "export a folder of such files, or one file",
    1,
  );
}

function open(file: string): Promise<RowStream> {
  switch (path.extname(file).toLowerCase()) {
    case ".csv":
      return readCsv(file, ",");
    case ".tsv":
      return readCsv(file, "\t");
    default:
      return readParquet(file);
  }
}

/** All files as one table: they must have the same columns. */
async function rowsOf(files: readonly string[]): Promise<RowStream> {
  const first = await open(files[0] as string);
  const columns = JSON.stringify(first.columns);
  async function* all(): RowStream["rows"] {
    yield* first.rows;
    for (const file of files.slice(1)) {
      const next = await open(file);
      if (JSON.stringify(next.columns) !== columns)
        throw new UnreadableTable(`${file} has other columns than ${files[0]}`);
      yield* next.rows;
    }
  }
  return { columns: first.columns, rows: all() };
}
