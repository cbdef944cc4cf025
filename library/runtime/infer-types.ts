// Types for a table of texts: what every cell of a column can be read as. Looks at all rows, so that none is a surprise; what
// would not come back as it was written (leading zeros, more digits than a number holds) stays a text.

import type { Cell, Column, ColumnType, RowStream } from "../../src/ports/tables.ts";
import { textNumber } from "./cell-text.ts";

/** The same rows with types; `again` opens them once more, because all are read before. */
export async function inferTypes(
  { columns, rows }: RowStream,
  again: () => Promise<RowStream>,
): Promise<RowStream> {
  const left = columns.map(() => new Set(READERS.keys()));
  const seen = columns.map(() => false);
  for await (const piece of rows)
    for (const [index, cells] of piece.cells.entries()) {
      const candidates = left[index] as Set<number>;
      for (const cell of cells) {
        if (cell === null) continue;
        seen[index] = true;
        for (const one of candidates)
          if (READERS[one]?.read(cell as string) === null) candidates.delete(one);
      }
    }
  const readers = columns.map((_, index) => {
    const [first] = left[index] as Set<number>;
    return seen[index] && first !== undefined ? (READERS[first] as Reader) : TEXT;
  });
  const typed = columns.map(({ name }, index): Column => {
    return { name, type: (readers[index] as Reader).type };
  });
  const opened = await again();
  return { columns: typed, rows: typedRows(opened.rows, readers) };
}

async function* typedRows(rows: RowStream["rows"], readers: readonly Reader[]): RowStream["rows"] {
  for await (const { count, cells } of rows)
    yield {
      count,
      cells: cells.map((column, index) =>
        column.map((cell) =>
          cell === null ? null : (readers[index]?.read(cell as string) ?? null),
        ),
      ),
    };
}

interface Reader {
  readonly type: ColumnType;
  /** Null: the text is none. */
  read(text: string): Cell;
}

const TEXT: Reader = { type: { kind: "text" }, read: (text) => text };

const INT64 = 2n ** 63n;

/** The narrowest first. */
const READERS: readonly Reader[] = [
  {
    type: { kind: "boolean" },
    read: (text) => (/^(true|false)$/i.test(text) ? text.toLowerCase() === "true" : null),
  },
  {
    type: { kind: "integer", bits: 64 },
    read: (text) => {
      if (!/^(0|-?[1-9]\d{0,18})$/.test(text)) return null;
      const value = BigInt(text);
      return value < INT64 && value >= -INT64 ? value : null;
    },
  },
  {
    type: { kind: "float", bits: 64 },
    read: (text) => {
      if (/^-?0\d/.test(text) || text.startsWith("+")) return null;
      const digits = text.replace(/e.*$/i, "").replaceAll(/\D/g, "").replace(/^0+/, "");
      return digits.length > 17 ? null : textNumber(text);
    },
  },
  {
    type: { kind: "date" },
    read: (text) => {
      const found = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
      return Number.isNaN(found) ? null : found / 86_400_000;
    },
  },
  { type: { kind: "timestamp", zone: true }, read: (text) => moment(text, true) },
  { type: { kind: "timestamp", zone: false }, read: (text) => moment(text, false) },
];

const MOMENT = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:?\d\d)?$/;

function moment(text: string, zoned: boolean): bigint | null {
  const [, day, time, fraction = "", zone] = MOMENT.exec(text) ?? [];
  if (day === undefined || (zone !== undefined) !== zoned) return null;
  const seconds = Date.parse(`${day}T${time}${zone ?? "Z"}`);
  if (Number.isNaN(seconds)) return null;
  return BigInt(seconds) * 1000n + BigInt(fraction.padEnd(6, "0"));
}
