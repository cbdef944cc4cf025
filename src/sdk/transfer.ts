// Steps that move data: between places, out of a database, into one. Stepwell itself is their program.

import { checkMapping, checkName, checkPorts } from "./check-definition.ts";
import { withJobPaths } from "./command.ts";
import { type Component, callable, type Definition } from "./component.ts";
import { DefinitionError } from "./definition-error.ts";
import { type Origin, originOfCall } from "./place.ts";
import {
  type InputPort,
  type InputPorts,
  input,
  type OutputPort,
  type OutputPorts,
  output,
} from "./ports.ts";
import type { StepSettings } from "./settings.ts";
import { compact, writeInputs, writeOutputs } from "./write-ports.ts";

interface TransferSettings extends StepSettings {
  /** Name of the step. */
  readonly name: string;
  readonly version?: string;
}

type Sources = InputPort | InputPorts;

/** One source is the input `from`; several are inputs by their names. */
type InputsOf<F extends Sources> = F extends InputPort
  ? { readonly from: F }
  : F extends InputPorts
    ? F
    : never;

export interface TransferDefinition<F extends Sources, T extends OutputPort>
  extends TransferSettings {
  /** What is copied: one input, or several by name. */
  readonly from: F;
  /** What it becomes; a copy goes elsewhere where a call says so: `{ outputs: { to: { path: "azureml://…" } } }`. */
  readonly to: T;
  /** What happens to a file that several inputs have: the later one wins unless given. */
  readonly mode?: "merge_with_overwrite" | "fail_if_conflict";
}

/**
 * A step that copies data from any place to any other: in parallel, checked, and going on after an interruption.
 *
 * @throws DefinitionError where the definition cannot be a step; with file and line.
 * @example
 * ```ts
 * const both = transfer({ name: "both", from: { one: input.folder(), two: input.folder() }, to: output.folder() });
 * // in a pipeline: both({ one: "azureml://datastores/lake/paths/a", two: "s3://bucket/b" }).outputs.to
 * ```
 */
export function transfer<const F extends Sources, const T extends OutputPort>(
  definition: TransferDefinition<F, T>,
): Component<InputsOf<F>, { readonly to: T }> {
  const origin = originOfCall();
  checkMapping(definition, {
    what: "the definition",
    form: "transfer({ name: …, from: input.folder(), to: output.folder() })",
    origin,
  });
  const { from, to, mode, ...settings } = definition;
  if (from === undefined || to === undefined)
    throw new DefinitionError(
      "a transfer needs `from` and `to`",
      "transfer({ name: …, from: input.folder(), to: output.folder() })",
      origin,
    );
  const isOne = (from as { readonly kind?: unknown }).kind === "input";
  const inputs = (isOne ? { from } : from) as InputPorts;
  const fields = { task: "copy_data", data_copy_mode: mode };
  return callable(transferOf(settings, { inputs, outputs: { to }, fields, origin }));
}

export interface QueryDefinition extends TransferSettings {
  /** Name of a datastore of type `postgres`. */
  readonly connection: string;
  /** The query whose rows are imported; or name a table or a procedure. */
  readonly query?: string;
  readonly table?: string;
  /** A stored procedure, and what it is called with. */
  readonly procedure?: string;
  readonly params?: readonly {
    readonly name?: string;
    readonly value: string | number | boolean;
  }[];
  /** A query read when the run is planned: the import is reused while its result stays the same. */
  readonly watermark?: string;
}

/**
 * A step that writes the rows of a query as Parquet, types kept, in chunks. It runs each time, unless `reuse: { max_age }` or
 * `watermark` says when its rows count as the same.
 *
 * @throws DefinitionError where it names no rows, or rows in two ways.
 * @example
 * ```ts
 * const orders = importQuery({ name: "orders", connection: "shop", query: "SELECT id, price FROM orders",
 *   watermark: "SELECT max(updated_at) FROM orders" });
 * // in a pipeline: orders().outputs.sink
 * ```
 */
export function importQuery(
  definition: QueryDefinition,
): Component<Record<never, never>, { readonly sink: OutputPort<"mltable"> }> {
  const origin = originOfCall();
  const form = "importQuery({ name: …, connection: …, query: … })";
  checkMapping(definition, { what: "the definition", form, origin });
  const { connection, query, table, procedure, params, watermark, ...settings } = definition;
  needsConnection(connection, form, origin);
  if ([query, table, procedure].filter((one) => one !== undefined).length !== 1)
    throw new DefinitionError(
      "an import needs one of `query`, `table` and `procedure`",
      form,
      origin,
    );
  const source = compact({
    type: "database",
    connection,
    query,
    table_name: table,
    stored_procedure: procedure,
    stored_procedure_params: params,
    watermark,
  });
  const outputs = { sink: output.table() };
  const fields = { task: "import_data", source };
  return callable(transferOf(settings, { inputs: {}, outputs, fields, origin }));
}

export interface TableDefinition extends TransferSettings {
  /** Name of a datastore of type `postgres`. */
  readonly connection: string;
  /** The table, with its schema where it needs one. */
  readonly table: string;
  /** `create` (unless given) fails where the table is there; `append` adds rows; `replace` replaces the table. */
  readonly mode?: "create" | "append" | "replace";
}

/**
 * A step that writes Parquet, CSV or TSV into a table of a database: all rows or none.
 *
 * @throws DefinitionError where it names no connection or table.
 * @example
 * ```ts
 * const scores = exportTable({ name: "scores", connection: "shop", table: "scores", mode: "replace" });
 * // in a pipeline: scores({ source: predicted.outputs.rows })
 * ```
 */
export function exportTable(
  definition: TableDefinition,
): Component<{ readonly source: InputPort<"uri_folder", string, "given"> }, Record<never, never>> {
  const origin = originOfCall();
  const form = "exportTable({ name: …, connection: …, table: … })";
  checkMapping(definition, { what: "the definition", form, origin });
  const { connection, table, mode, ...settings } = definition;
  needsConnection(connection, form, origin);
  if (typeof table !== "string" || table === "")
    throw new DefinitionError("an export needs `table`", form, origin);
  const sink = compact({ type: "database", connection, table_name: table, write_mode: mode });
  const inputs = { source: input.folder() };
  return callable(
    transferOf(settings, { inputs, outputs: {}, fields: { task: "export_data", sink }, origin }),
  );
}

function needsConnection(connection: unknown, form: string, origin: Origin): void {
  if (typeof connection === "string" && connection !== "") return;
  throw new DefinitionError("it needs `connection`, the name of a datastore", form, origin);
}

interface TransferParts {
  readonly inputs: InputPorts;
  readonly outputs: OutputPorts;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly origin: Origin;
}

function transferOf(
  { name, limits, ...rest }: TransferSettings,
  { inputs, outputs, fields, origin }: TransferParts,
): Definition {
  checkName(name, "step", origin);
  checkPorts({ inputs, outputs }, `step \`${name}\``, origin);
  return {
    name,
    inputs,
    outputs,
    origin,
    calls: [],
    isOpen: false,
    isFunction: false,
    // The reader tells a node of a command from one of a transfer by this word.
    onNode: compact({ type: "data_transfer", limits }),
    write: () =>
      compact({
        type: "data_transfer",
        name,
        ...rest,
        ...compact(fields),
        inputs: writeInputs(withJobPaths(inputs, origin)),
        outputs: writeOutputs(outputs),
      }),
  };
}
