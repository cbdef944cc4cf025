// Converts tables between CSV, TSV, JSON lines and Parquet. Types stay what they are; those of texts are found.

import { inferTypes } from "../runtime/infer-types.ts";
import { runProgram } from "../runtime/program.ts";
import { type Format, findTable, writeTable } from "../runtime/tables.ts";

runProgram(async (program) => {
  const from = program.needed("from");
  const to = program.needed("to") as Format;
  const table = findTable(program.needed("data"), from === "auto" ? null : (from as Format));
  const isText = table.format === "csv" || table.format === "tsv";
  const isTyped = to === "parquet" || to === "jsonl";
  const opened = await table.open();
  const stream =
    isText && isTyped && program.needed("types") === "infer"
      ? await inferTypes(opened, () => table.open())
      : opened;
  const rows = await writeTable(program.output("data"), stream, { format: to });
  for (const { name, type } of stream.columns) program.say(`${name}: ${type.kind}`);
  program.say(`${rows} rows of ${table.files.length} ${table.format} files, as ${to}`);
  program.metric("rows", rows);
  program.metric("columns", stream.columns.length);
});
