// The port to a database as a place for rows: what a query gives, and what is written to a table. Implemented in
// datastores/, one file a kind. Knows nothing of files; what goes wrong is a `StorageError`.

import type { TableWriteMode } from "../spec/transfer-settings.ts";

/** What the cells of a column are; each says how they are held here. Null is always possible. */
export type ColumnType =
  /** `boolean` */
  | { readonly kind: "boolean" }
  /** `number`; with 64 bits `bigint` */
  | { readonly kind: "integer"; readonly bits: 16 | 32 | 64 }
  /** `number`, also NaN and infinite */
  | { readonly kind: "float"; readonly bits: 32 | 64 }
  /** `bigint`: the digits without the point, which stands before the last `scale` of them */
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  /** `string` */
  | { readonly kind: "text" }
  /** `string`: the JSON text as it was written */
  | { readonly kind: "json" }
  /** `string`: 36 characters */
  | { readonly kind: "uuid" }
  /** `Uint8Array` */
  | { readonly kind: "bytes" }
  /** `number`: days since 1970 */
  | { readonly kind: "date" }
  /** `bigint`: microseconds since midnight */
  | { readonly kind: "time" }
  /** `bigint`: microseconds since 1970; `zone`: a moment in time, else what a clock on the wall showed */
  | { readonly kind: "timestamp"; readonly zone: boolean };

export type Cell = null | boolean | number | bigint | string | Uint8Array;

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/** Some rows, column by column, each as long as the others. */
export interface Rows {
  readonly count: number;
  readonly cells: readonly (readonly Cell[])[];
}

/** Rows on their way, in pieces of a few megabytes. */
export interface RowStream {
  readonly columns: readonly Column[];
  readonly rows: AsyncIterable<Rows>;
}

export type TableQuery =
  | { readonly kind: "query"; readonly text: string }
  | { readonly kind: "table"; readonly name: string }
  /** A function that gives rows. */
  | {
      readonly kind: "procedure";
      readonly name: string;
      readonly parameters: readonly {
        /** "": by its place. */
        readonly name: string;
        readonly value: string;
        readonly type: string | null;
      }[];
    };

export interface TableWrite {
  /** With its schema where it needs one: `sales.orders`. */
  readonly table: string;
  readonly mode: TableWriteMode;
  readonly stream: RowStream;
}

/** A database. All methods throw `StorageError` alone, but for what the caller's own rows threw and its signal's reason. */
export interface Tables {
  /** For people and records; never with credentials. */
  readonly address: string;
  /** One state of the database, whatever others write meanwhile. Breaking off the loop ends the query. */
  query(query: TableQuery, signal: AbortSignal): Promise<RowStream>;
  /** All rows or none. Gives how many there were. */
  write(write: TableWrite, signal: AbortSignal): Promise<number>;
  close(): Promise<void>;
}
