// The rows of a query as a Parquet file in the output of a step. Knows nothing of databases but that they give rows.

import fs from "node:fs";
import path from "node:path";
import type { TableQuery } from "../../ports/tables.ts";
import { counted } from "../../spec/counted.ts";
import type { DatabaseSource } from "../../spec/transfer-settings.ts";
import { writeParquet } from "../../transfers/parquet-write.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { withTables } from "./open-tables.ts";
import type { Output, TransferCounts, TransferHooks } from "./run-transfer.ts";

/** Name of the file in a folder. */
const FILE = "data.parquet";
const LINE_EVERY_MS = 5_000;

export function importRows(
  workspace: Workspace,
  source: DatabaseSource,
  output: Output,
  hooks: TransferHooks,
): Promise<TransferCounts | Refusal> {
  return withTables(workspace, source.connection, async (tables) => {
    const stream = await tables.query(queryOf(source), hooks.signal);
    const names = stream.columns.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) < index);
    if (twice !== undefined) return namedTwice(twice);
    let saidAt = workspace.clock.monotonic();
    const file = output.kind === "file" ? output.path : path.join(output.path, FILE);
    const written = await writeParquet(file, stream, ({ rows, bytes }) => {
      const now = workspace.clock.monotonic();
      if (now - saidAt < LINE_EVERY_MS) return;
      saidAt = now;
      hooks.say(`${counted(rows, "row")}, ${counted(bytes, "byte")}`);
    });
    if (output.isTable) fs.writeFileSync(path.join(output.path, "MLTable"), TABLE);
    hooks.say(
      `${tables.address}: ${counted(written.rows, "row")}, ${counted(written.bytes, "byte")}`,
    );
    return written;
  });
}

/** Readers of Parquet take columns by their names: one of the two would be lost, or the file is refused. */
function namedTwice(name: string): Refusal {
  return refuse(
    "column_named_twice",
    `two columns are named ${name}`,
    "give one of them another name in the query: SELECT a.id, b.id AS b_id …",
    1,
  );
}

/** What makes a folder a table of Azure ML. */
const TABLE = `type: mltable
paths:
  - file: ./${FILE}
transformations:
  - read_parquet
`;

function queryOf(source: DatabaseSource): TableQuery {
  if (source.query !== null) return { kind: "query", text: source.query };
  if (source.tableName !== null) return { kind: "table", name: source.tableName };
  return {
    kind: "procedure",
    name: source.storedProcedure ?? "",
    parameters: source.storedProcedureParams,
  };
}
