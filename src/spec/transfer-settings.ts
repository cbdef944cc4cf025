// What a step of type data_transfer moves, as it stands in the graph: plain JSON data that counts for the step's identity.
// Knows nothing of how anything is moved.

/** `copy_data`: inputs to the output; `import_data`: from elsewhere to the output; `export_data`: the input elsewhere. */
export type TransferTask = "copy_data" | "import_data" | "export_data";

/** What happens to a file that two inputs have, or that is at the target already. */
export type DataCopyMode = "merge_with_overwrite" | "fail_if_conflict";

/** What happens to rows that are in the table already. */
export type TableWriteMode = "create" | "append" | "replace";

/** Where the rows of an import come from. Exactly one of query, table and procedure is not null. */
export interface DatabaseSource {
  readonly type: "database";
  /** Name of a datastore. */
  readonly connection: string;
  readonly query: string | null;
  readonly tableName: string | null;
  readonly storedProcedure: string | null;
  readonly storedProcedureParams: readonly {
    readonly name: string;
    readonly value: string;
    readonly type: string | null;
  }[];
  /** A query whose result says whether there is anything new; null: none. */
  readonly watermark: string | null;
  /** What the watermark was when the run was planned; absent until then. */
  readonly watermarkValue?: string;
}

export interface DatabaseSink {
  readonly type: "database";
  readonly connection: string;
  readonly tableName: string;
  readonly writeMode: TableWriteMode;
}

export interface FileSystemSink {
  readonly type: "file_system";
  readonly connection: string;
  readonly path: string;
  readonly mode: DataCopyMode;
}

export type TransferSettings =
  | { readonly task: "copy_data"; readonly mode: DataCopyMode }
  /** Files elsewhere are an input of the step, by the name `source`. */
  | {
      readonly task: "import_data";
      readonly source: DatabaseSource | { readonly type: "file_system" };
    }
  | { readonly task: "export_data"; readonly sink: DatabaseSink | FileSystemSink };

/** Name of the input that stands for files of an import's source. */
export const IMPORT_SOURCE = "source";

/** How an output of the step goes to a place of the user's; null: as outputs of other steps do, whole. */
export function copyModeOf(step: {
  readonly type: string;
  readonly typeSettings: unknown;
}): DataCopyMode | null {
  if (step.type !== "data_transfer") return null;
  const settings = transferSettings(step);
  return settings.task === "copy_data" ? settings.mode : null;
}

/** The settings of a step of type data_transfer. */
export function transferSettings(step: { readonly typeSettings: unknown }): TransferSettings {
  return step.typeSettings as TransferSettings;
}
