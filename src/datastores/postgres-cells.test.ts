import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { daysOf, isoDate } from "./calendar.ts";
import { arrayJson } from "./postgres-array.ts";
import { cellReader, copyText, decimalText } from "./postgres-cells.ts";
import { quotedText, tableName } from "./postgres-names.ts";

describe("days", () => {
  it("are those of a Date, where there is one", () => {
    const dates = fc.date({
      min: new Date("-002000-01-01"),
      max: new Date("+012000-01-01"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, (date) => {
        const [year, month, day] = [
          date.getUTCFullYear(),
          date.getUTCMonth() + 1,
          date.getUTCDate(),
        ];
        const days = Math.floor(date.getTime() / 86_400_000);
        expect(daysOf(year, month, day)).toBe(days);
        expect(isoDate(days)).toEqual({
          year,
          monthAndDay: `${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`,
        });
      }),
    );
  });
});

describe("arrays as JSON", () => {
  const text = (one: string): string => JSON.stringify(one);
  it.each([
    ["{}", "[]"],
    ["{a,b}", '["a","b"]'],
    ['{NULL,"NULL"}', '[null,"NULL"]'],
    ['{"a,b","c\\"d","e\\\\f","{"}', '["a,b","c\\"d","e\\\\f","{"]'],
    ["{{a},{b}}", '[["a"],["b"]]'],
    ["[2:3]={a,b}", '["a","b"]'],
    ['{""}', '[""]'],
    ["{broken", '["broken"]'],
  ])("%s is %s", (written, json) => {
    expect(arrayJson(written, text)).toBe(json);
  });
});

describe("decimals", () => {
  it("are the same digits on the way there and back", () => {
    const parts = fc.tuple(
      fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }),
      fc.nat(38),
    );
    fc.assert(
      fc.property(parts, ([digits, scale]) => {
        const modifier = ((38 << 16) | scale) + 4;
        const column = { name: "n", dataTypeID: 1700, dataTypeModifier: modifier };
        const reader = cellReader(column, new Map());
        expect(reader.type).toEqual({ kind: "decimal", precision: 38, scale });
        expect(reader.read(decimalText(digits, scale))).toBe(digits);
      }),
    );
  });

  it("keep all digits as text where nobody says how many there are", () => {
    for (const modifier of [-1, ((100 << 16) | 50) + 4])
      expect(
        cellReader({ name: "n", dataTypeID: 1700, dataTypeModifier: modifier }, new Map()).type,
      ).toEqual({ kind: "text" });
  });
});

describe("names in SQL", () => {
  it.each([
    ["orders", '"orders"'],
    ["sales.orders", '"sales"."orders"'],
    ['sales."Odd "".name"', '"sales"."Odd "".name"'],
    ["a.b.c", null],
    ["", null],
    ["x; DROP TABLE y --", null],
    ['"open', null],
    ["a.", null],
  ])("%s is %s", (written, name) => {
    expect(tableName(written)).toBe(name);
  });

  it("are values whatever they hold", () => {
    expect(quotedText("it's")).toBe("'it''s'");
    expect(quotedText("a\\'b")).toBe(" E'a\\\\''b'");
  });
});

describe("cells for COPY", () => {
  it.each([
    [null, { kind: "text" }, "\\N"],
    ["a\tb\nc\\d\r", { kind: "text" }, "a\\tb\\nc\\\\d\\r"],
    ["\\N", { kind: "text" }, "\\\\N"],
    [Buffer.from([0, 255]), { kind: "bytes" }, "\\\\x00ff"],
    [-5n, { kind: "decimal", precision: 10, scale: 2 }, "-0.05"],
    [-1n, { kind: "timestamp", zone: true }, "1969-12-31 23:59:59.999999+00"],
    [daysOf(-43, 3, 15), { kind: "date" }, "0044-03-15 BC"],
    [Number.NEGATIVE_INFINITY, { kind: "float", bits: 64 }, "-Infinity"],
    [-0, { kind: "float", bits: 64 }, "-0"],
  ] as const)("%s", (cell, type, text) => {
    expect(copyText(cell, type)).toBe(text);
  });
});
