// How a cell of a table reads as text and as JSON. Pure.

import type { Cell, ColumnType } from "../../src/ports/tables.ts";

/** Null stays null. */
export function cellText(cell: Cell, type: ColumnType): string | null {
  if (cell === null) return null;
  switch (type.kind) {
    case "decimal":
      return decimalText(cell as bigint, type.scale);
    case "bytes":
      return Buffer.from(cell as Uint8Array).toString("base64");
    case "date":
      return new Date((cell as number) * DAY_MS).toISOString().slice(0, 10);
    case "time":
      return microsText(cell as bigint);
    case "timestamp":
      return timestampText(cell as bigint, type.zone);
    default:
      return String(cell);
  }
}

/** As JSON text. Integers that JavaScript would round, and what JSON has no word for, are texts. */
export function cellJson(cell: Cell, type: ColumnType): string {
  if (cell === null) return "null";
  if (type.kind === "json") return cell as string;
  if (type.kind === "boolean") return String(cell);
  if (type.kind === "integer" && Number.isSafeInteger(Number(cell))) return String(cell);
  if (type.kind === "float" && Number.isFinite(cell)) return String(cell);
  return JSON.stringify(cellText(cell, type));
}

/** A number to reckon with; null where the cell is none. */
export function cellNumber(cell: Cell, type: ColumnType): number | null {
  if (cell === null) return null;
  switch (type.kind) {
    case "integer":
    case "float":
      return Number(cell);
    case "decimal":
      return Number(decimalText(cell as bigint, type.scale));
    case "date":
      return (cell as number) * DAY_MS;
    case "timestamp":
      return Number((cell as bigint) / 1000n);
    case "text":
      return textNumber(cell as string);
    default:
      return null;
  }
}

export function textNumber(text: string): number | null {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
}

const DAY_MS = 86_400_000;

function decimalText(value: bigint, scale: number): string {
  if (scale === 0) return String(value);
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function microsText(micros: bigint): string {
  const seconds = micros / 1_000_000n;
  const two = (value: bigint): string => String(value).padStart(2, "0");
  const rest = String(micros % 1_000_000n).padStart(6, "0");
  const fraction = rest === "000000" ? "" : `.${rest}`;
  return `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}${fraction}`;
}

function timestampText(micros: bigint, zone: boolean): string {
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const at = new Date(Number((micros - rest) / 1000n));
  const fraction = rest === 0n ? "" : `.${String(rest).padStart(6, "0")}`;
  return `${at.toISOString().slice(0, 19)}${fraction}${zone ? "Z" : ""}`;
}
