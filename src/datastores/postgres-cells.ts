// What PostgreSQL's types are as columns, and its texts as cells. Pure; knows nothing of connections. The mapping is
// described in docs/reference/tables.md.

import type { Cell, ColumnType } from "../ports/tables.ts";
import { daysOf, isoDate } from "./calendar.ts";
import { arrayJson } from "./postgres-array.ts";

/** A column as the server describes it. */
export interface ServerColumn {
  readonly name: string;
  readonly dataTypeID: number;
  readonly dataTypeModifier: number;
}

/** What can be said of a type that is none of the well-known ones. */
export interface ServerType {
  /** Of an array the type of its elements, else 0. */
  readonly element: number;
}

export interface CellReader {
  readonly type: ColumnType;
  /** Throws `UnreadableCell` for a value that its column type cannot hold. */
  read(text: string): Cell;
}

/** A value without a place in Parquet: NaN among decimals, infinite dates. */
export class UnreadableCell extends Error {}

const MOST_DIGITS = 38;

export function cellReader(
  column: ServerColumn,
  types: ReadonlyMap<number, ServerType>,
): CellReader {
  const known = READERS[column.dataTypeID];
  if (known !== undefined) return known;
  if (column.dataTypeID === NUMERIC) return numericReader(column.dataTypeModifier);
  const element = types.get(column.dataTypeID)?.element ?? 0;
  if (element !== 0)
    return { type: { kind: "json" }, read: (text) => arrayJson(text, jsonOf(element)) };
  return TEXT;
}

const NUMERIC = 1700;
const TEXT: CellReader = { type: { kind: "text" }, read: (text) => text };
const FLOATS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

function integer(bits: 16 | 32): CellReader {
  return { type: { kind: "integer", bits }, read: Number };
}

function float(bits: 32 | 64): CellReader {
  return { type: { kind: "float", bits }, read: (text) => FLOATS[text] ?? Number(text) };
}

const LONG: CellReader = { type: { kind: "integer", bits: 64 }, read: BigInt };
const JSON_TEXT: CellReader = { type: { kind: "json" }, read: (text) => text };

/** By the number that PostgreSQL gives the type, the same in every database. */
const READERS: Readonly<Record<number, CellReader>> = {
  16: { type: { kind: "boolean" }, read: (text) => text === "t" },
  17: { type: { kind: "bytes" }, read: (text) => Buffer.from(text.slice(2), "hex") },
  20: LONG,
  21: integer(16),
  23: integer(32),
  25: TEXT,
  26: LONG,
  114: JSON_TEXT,
  700: float(32),
  701: float(64),
  1082: { type: { kind: "date" }, read: readDate },
  1083: { type: { kind: "time" }, read: readTime },
  1114: { type: { kind: "timestamp", zone: false }, read: readTimestamp },
  1184: { type: { kind: "timestamp", zone: true }, read: readTimestamp },
  2950: { type: { kind: "uuid" }, read: (text) => text },
  3802: JSON_TEXT,
};

/** Without a precision nothing says how many digits may come: then the text keeps them all. */
function numericReader(modifier: number): CellReader {
  if (modifier < 4) return TEXT;
  const packed = modifier - 4;
  const precision = (packed >> 16) & 0xffff;
  // Eleven bits with a sign.
  const scale = ((packed & 0x7ff) ^ 1024) - 1024;
  if (precision > MOST_DIGITS || scale < 0 || scale > precision) return TEXT;
  return {
    type: { kind: "decimal", precision, scale },
    read(text) {
      const parts = /^(-?)(\d*)(?:\.(\d*))?$/.exec(text);
      if (parts === null) throw new UnreadableCell(`${text} is no decimal number`);
      const [, sign = "", whole = "", fraction = ""] = parts;
      return BigInt(`${sign}${whole}${fraction.padEnd(scale, "0")}`);
    },
  };
}

function readDate(text: string): number {
  const parts = /^(\d{4,})-(\d\d)-(\d\d)( BC)?$/.exec(text);
  if (parts === null) throw new UnreadableCell(`${text} is no day`);
  const [, year, month, day, before] = parts;
  return daysOf(yearOf(year, before), Number(month), Number(day));
}

function yearOf(year: string | undefined, before: string | undefined): number {
  // There is no year 0: the one before 1 is 1 BC.
  return before === undefined ? Number(year) : 1 - Number(year);
}

function readTime(text: string): bigint {
  const parts = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/.exec(text);
  if (parts === null) throw new UnreadableCell(`${text} is no time of day`);
  return clock(parts.slice(1));
}

function clock([hours, minutes, seconds, fraction = ""]: readonly (string | undefined)[]): bigint {
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
}

const DAY_MICROSECONDS = 86_400_000_000n;

/** The session's zone is UTC, so an offset is always zero. */
function readTimestamp(text: string): bigint {
  const parts = /^(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:\+00)?( BC)?$/.exec(
    text,
  );
  if (parts === null) throw new UnreadableCell(`${text} is no moment`);
  const [, year, month, day, hours, minutes, seconds, fraction, before] = parts;
  const days = daysOf(yearOf(year, before), Number(month), Number(day));
  return BigInt(days) * DAY_MICROSECONDS + clock([hours, minutes, seconds, fraction]);
}

/** How elements of an array stand in JSON: numbers and truth values as such, JSON as it is, all else as text. */
function jsonOf(element: number): (text: string) => string {
  switch (element) {
    case 16:
      return (text) => (text === "t" ? "true" : "false");
    case 20:
    case 21:
    case 23:
    case 700:
    case 701:
    case NUMERIC:
      return (text) => (/^-?[\d.]+(e[+-]?\d+)?$/i.test(text) ? text : JSON.stringify(text));
    case 114:
    case 3802:
      return (text) => text;
    case 1114:
    case 1184:
      return (text) => JSON.stringify(text.replace(" ", "T").replace(/\+00$/, "Z"));
    default:
      return (text) => JSON.stringify(text);
  }
}

/** A cell as `COPY … FROM` reads it. */
export function copyText(cell: Cell, type: ColumnType): string {
  if (cell === null) return "\\N";
  switch (type.kind) {
    case "boolean":
      return cell === true ? "t" : "f";
    case "bytes":
      return `\\\\x${Buffer.from(cell as Uint8Array).toString("hex")}`;
    case "decimal":
      return decimalText(cell as bigint, type.scale);
    case "date":
      return dateText(cell as number);
    case "time":
      return clockText(cell as bigint);
    case "timestamp":
      return timestampText(cell as bigint, type.zone);
    case "float":
      return Object.is(cell, -0) ? "-0" : String(cell);
    case "integer":
    case "uuid":
      return String(cell);
    case "text":
    case "json":
      return escaped(cell as string);
    default:
      return type satisfies never;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function escaped(text: string): string {
  return text.replaceAll(/[\\\n\r\t]/g, (letter) => ESCAPES[letter] ?? letter);
}

export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const sign = unscaled < 0n ? "-" : "";
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function dateText(days: number): string {
  const { year, monthAndDay } = isoDate(days);
  return year > 0
    ? `${String(year).padStart(4, "0")}-${monthAndDay}`
    : `${String(1 - year).padStart(4, "0")}-${monthAndDay} BC`;
}

function clockText(microseconds: bigint): string {
  const seconds = Number(microseconds / 1_000_000n);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const fraction = String(microseconds % 1_000_000n).padStart(6, "0");
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}.${fraction}`;
}

function timestampText(microseconds: bigint, zone: boolean): string {
  const rest = ((microseconds % DAY_MICROSECONDS) + DAY_MICROSECONDS) % DAY_MICROSECONDS;
  const [day = "", before = ""] = dateText(Number((microseconds - rest) / DAY_MICROSECONDS)).split(
    " ",
  );
  return `${day} ${clockText(rest)}${zone ? "+00" : ""}${before === "" ? "" : ` ${before}`}`;
}

/** The type of a column that is made for such cells. */
export function sqlType(type: ColumnType): string {
  switch (type.kind) {
    case "boolean":
      return "boolean";
    case "integer":
      return { 16: "smallint", 32: "integer", 64: "bigint" }[type.bits];
    case "float":
      return type.bits === 32 ? "real" : "double precision";
    case "decimal":
      return `numeric(${type.precision},${type.scale})`;
    case "text":
      return "text";
    case "json":
      return "jsonb";
    case "uuid":
      return "uuid";
    case "bytes":
      return "bytea";
    case "date":
      return "date";
    case "time":
      return "time";
    case "timestamp":
      return type.zone ? "timestamptz" : "timestamp";
    default:
      return type satisfies never;
  }
}
