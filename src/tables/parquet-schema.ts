// How columns of tables stand in Parquet, both ways. Pure; the mapping is described in docs/reference/tables.md.

import type { SchemaElement } from "hyparquet";
import type { Cell, Column, ColumnType } from "../ports/tables.ts";

/** The schema of a file with these columns. All may hold nulls: a query does not say which cannot. */
export function parquetSchema(columns: readonly Column[]): SchemaElement[] {
  return [
    { name: "root", num_children: columns.length },
    ...columns.map(({ name, type }): SchemaElement => {
      return { name, repetition_type: "OPTIONAL", ...elementOf(type) };
    }),
  ];
}

function elementOf(type: ColumnType): Omit<SchemaElement, "name"> {
  switch (type.kind) {
    case "boolean":
      return { type: "BOOLEAN" };
    case "integer":
      return integerElement(type.bits);
    case "float":
      return { type: type.bits === 32 ? "FLOAT" : "DOUBLE" };
    case "decimal": {
      const { precision, scale } = type;
      return {
        type: "FIXED_LEN_BYTE_ARRAY",
        type_length: decimalBytes(precision),
        converted_type: "DECIMAL",
        logical_type: { type: "DECIMAL", precision, scale },
        precision,
        scale,
      };
    }
    case "text":
      return { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } };
    case "json":
      // The older annotation is left out: with it the writer would take the text for a value.
      return { type: "BYTE_ARRAY", logical_type: { type: "JSON" } };
    case "uuid":
      return { type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, logical_type: { type: "UUID" } };
    case "bytes":
      return { type: "BYTE_ARRAY" };
    case "date":
      return { type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } };
    case "time":
      return {
        type: "INT64",
        logical_type: { type: "TIME", isAdjustedToUTC: false, unit: "MICROS" },
      };
    case "timestamp":
      return {
        type: "INT64",
        logical_type: { type: "TIMESTAMP", isAdjustedToUTC: type.zone, unit: "MICROS" },
      };
    default:
      return type satisfies never;
  }
}

function integerElement(bits: 16 | 32 | 64): Omit<SchemaElement, "name"> {
  if (bits === 64) return { type: "INT64" };
  // The newer annotation is left out: as the writer writes it, Arrow cannot read the file.
  return bits === 32 ? { type: "INT32" } : { type: "INT32", converted_type: "INT_16" };
}

/** Bytes that hold every number of so many digits, with its sign. */
function decimalBytes(precision: number): number {
  let bytes = 1;
  while (2n ** BigInt(8 * bytes - 1) < 10n ** BigInt(precision)) bytes += 1;
  return bytes;
}

/** The values of a column as the writer takes them. */
export function writableCells(cells: readonly Cell[], type: ColumnType): Cell[] {
  if (type.kind === "json")
    return cells.map((cell) => (cell === null ? null : Buffer.from(cell as string)));
  return cells as Cell[];
}

/** How the raw values of a column of a file are read. */
export interface ParquetColumn {
  readonly type: ColumnType;
  read(raw: unknown): Cell;
}

/** Null: a column of columns, or of a kind that has no place in a table; it is read as JSON. */
export function parquetColumn(element: SchemaElement): ParquetColumn | null {
  if (element.num_children || element.repetition_type === "REPEATED") return null;
  const { type, converted_type: converted, logical_type: logical } = element;
  if (converted === "DECIMAL" || logical?.type === "DECIMAL") return decimalColumn(element);
  switch (type) {
    case "BOOLEAN":
      return { type: { kind: "boolean" }, read: (raw) => raw as boolean };
    case "FLOAT":
      return { type: { kind: "float", bits: 32 }, read: Number };
    case "DOUBLE":
      return { type: { kind: "float", bits: 64 }, read: Number };
    case "INT32":
      return shortColumn(element);
    case "INT64":
      return longColumn(element);
    case "INT96":
      // As Spark and Impala wrote moments: read as nanoseconds.
      return {
        type: { kind: "timestamp", zone: false },
        read: (raw) => floorDivided(raw as bigint, 1000n),
      };
    case "BYTE_ARRAY":
      return bytesColumn(converted, logical?.type);
    case "FIXED_LEN_BYTE_ARRAY":
      if (logical?.type === "UUID") return { type: { kind: "uuid" }, read: readUuid };
      if (logical?.type === "FLOAT16" || converted === "INTERVAL") return null;
      return { type: { kind: "bytes" }, read: (raw) => raw as Uint8Array };
    default:
      return null;
  }
}

function decimalColumn({ precision, scale, logical_type: logical }: SchemaElement): ParquetColumn {
  const digits = logical?.type === "DECIMAL" ? logical : { precision, scale };
  const type = {
    kind: "decimal",
    precision: digits.precision ?? 38,
    scale: digits.scale ?? 0,
  } as const;
  return {
    type,
    read: (raw) => (raw instanceof Uint8Array ? signed(raw) : BigInt(raw as number | bigint)),
  };
}

/** Big-endian, two's complement. */
function signed(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString("hex")}`));
}

function shortColumn({
  converted_type: converted,
  logical_type: logical,
}: SchemaElement): ParquetColumn {
  if (converted === "DATE" || logical?.type === "DATE")
    return { type: { kind: "date" }, read: (raw) => raw as number };
  if (converted === "TIME_MILLIS" || logical?.type === "TIME")
    return { type: { kind: "time" }, read: (raw) => BigInt(raw as number) * 1000n };
  const isUnsigned = logical?.type === "INTEGER" && !logical.isSigned;
  if (converted === "UINT_32" || (isUnsigned && logical.bitWidth === 32))
    return { type: { kind: "integer", bits: 64 }, read: (raw) => BigInt((raw as number) >>> 0) };
  const isShort = SHORT.has(converted ?? "");
  return { type: { kind: "integer", bits: isShort ? 16 : 32 }, read: (raw) => raw as number };
}

const SHORT: ReadonlySet<string> = new Set(["INT_8", "INT_16", "UINT_8"]);

function longColumn({
  converted_type: converted,
  logical_type: logical,
}: SchemaElement): ParquetColumn {
  if (logical?.type === "TIMESTAMP" || converted?.startsWith("TIMESTAMP")) {
    const unit =
      logical?.type === "TIMESTAMP" ? logical.unit : converted?.slice("TIMESTAMP_".length);
    // The older annotation always meant a moment in time.
    const zone = logical?.type === "TIMESTAMP" ? logical.isAdjustedToUTC : true;
    return { type: { kind: "timestamp", zone }, read: (raw) => micros(raw as bigint, unit) };
  }
  if (logical?.type === "TIME" || converted === "TIME_MICROS") {
    const unit = logical?.type === "TIME" ? logical.unit : "MICROS";
    return { type: { kind: "time" }, read: (raw) => micros(raw as bigint, unit) };
  }
  const isUnsigned = logical?.type === "INTEGER" && !logical.isSigned;
  if (converted === "UINT_64" || isUnsigned)
    return {
      type: { kind: "decimal", precision: 20, scale: 0 },
      read: (raw) => BigInt.asUintN(64, raw as bigint),
    };
  return { type: { kind: "integer", bits: 64 }, read: (raw) => raw as bigint };
}

function micros(value: bigint, unit: string | undefined): bigint {
  if (unit === "MILLIS") return value * 1000n;
  return unit === "NANOS" ? floorDivided(value, 1000n) : value;
}

function floorDivided(value: bigint, by: bigint): bigint {
  return (value - (((value % by) + by) % by)) / by;
}

function bytesColumn(converted: string | undefined, logical: string | undefined): ParquetColumn {
  const text = (raw: unknown): string => Buffer.from(raw as Uint8Array).toString("utf8");
  if (converted === "JSON" || logical === "JSON") return { type: { kind: "json" }, read: text };
  const isText =
    converted === "UTF8" || converted === "ENUM" || logical === "STRING" || logical === "ENUM";
  if (isText) return { type: { kind: "text" }, read: text };
  return { type: { kind: "bytes" }, read: (raw) => raw as Uint8Array };
}

function readUuid(raw: unknown): string {
  const hex = Buffer.from(raw as Uint8Array).toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
