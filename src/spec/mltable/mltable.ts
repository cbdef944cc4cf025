// What an MLTable file says: where the data of a table lies, and what is done to it before it is one. Plain data; knows
// nothing of reading.

import type { FilterExpression } from "./filter-expression.ts";

export interface MlTable {
  /** At least one, in the file's order. */
  readonly paths: readonly MlTablePath[];
  /** In the file's order, which is that of their work. */
  readonly transformations: readonly Transformation[];
}

export interface MlTablePath {
  readonly kind: "file" | "folder" | "pattern";
  /** As written: relative to the MLTable file's folder, absolute, or an address. */
  readonly text: string;
}

export type Transformation =
  | {
      readonly kind: "read_delimited";
      readonly delimiter: string;
      readonly encoding: TextEncoding;
      readonly header: Header;
      /** An empty field of a text column is "" and not missing. */
      readonly emptyAsString: boolean;
      /** Fields in quotes may hold line ends. */
      readonly supportMultiLine: boolean;
      /** False: all columns are text. */
      readonly inferColumnTypes: boolean;
      /** Name of a column with the path of the file that a row is of, or null. */
      readonly pathColumn: string | null;
    }
  | { readonly kind: "read_parquet"; readonly pathColumn: string | null }
  | {
      readonly kind: "read_json_lines";
      readonly encoding: TextEncoding;
      readonly invalidLines: "error" | "drop";
      readonly pathColumn: string | null;
    }
  | { readonly kind: "keep_columns" | "drop_columns"; readonly columns: readonly string[] }
  | { readonly kind: "filter"; readonly expression: FilterExpression }
  | { readonly kind: "take" | "skip"; readonly count: number }
  | {
      readonly kind: "take_random_sample";
      /** Of each row, from 0 to 1. */
      readonly probability: number;
      readonly seed: number | null;
    }
  | { readonly kind: "convert_column_types"; readonly columns: readonly ColumnType[] }
  | {
      readonly kind: "extract_columns_from_partition_format";
      /** `/{year:yyyy}/{name}/`, as written. */
      readonly format: string;
    };

export type Header =
  | "no_header"
  | "from_first_file"
  | "all_files_same_headers"
  | "all_files_different_headers";

export type TextEncoding =
  | "utf8"
  | "utf8bom"
  | "ascii"
  | "utf16"
  | "iso88591"
  | "latin1"
  | "windows1252";

export interface ColumnType {
  readonly columns: readonly string[];
  readonly type: "string" | "int" | "float" | "boolean" | "datetime";
  /** Of `datetime`: strptime formats, tried in this order; empty: ISO 8601. */
  readonly formats: readonly string[];
  /** Of `boolean`: how false and true are written, or null: `false`/`true`, `0`/`1`. */
  readonly words: { readonly falses: readonly string[]; readonly trues: readonly string[] } | null;
}
