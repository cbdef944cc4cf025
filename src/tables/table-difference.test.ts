import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ReadTable, rowDifference } from "./row-difference.ts";
import type { TableRow } from "./table.ts";
import { tableDifference } from "./table-difference.ts";

interface Content {
  readonly names: readonly string[];
  readonly rows: readonly TableRow[];
}

function reading(before: Content, after: Content): ReadTable {
  return async (side, each) => {
    const { names, rows } = side === "before" ? before : after;
    const columns = names.map((name) => ({ name, type: null }));
    for (let at = 0; at < rows.length; at += 2)
      each({ columns, isTextual: true }, rows.slice(at, at + 2));
    if (rows.length === 0) each({ columns, isTextual: true }, []);
  };
}

const NAMES = ["id", "x"];
const id = fc.integer({ min: 0, max: 12 }).map(String);
const cell = fc.constantFrom("a", "b", null);
const keyed = fc.uniqueArray(fc.tuple(id, cell), { selector: ([key]) => key });

describe("the difference of rows", () => {
  it.each([1, 3_000_000])("by a key is what sets say, told of %i rows", async (rows) => {
    await fc.assert(
      fc.asyncProperty(keyed, keyed, async (before, after) => {
        const read = reading({ names: NAMES, rows: before }, { names: NAMES, rows: after });
        const columns = NAMES.map((name) => ({ name, kind: "text" as const }));
        const found = await rowDifference({ read, columns, key: ["id"], rows });
        const [old, now] = [new Map(before), new Map(after)];
        const both = [...old.keys()].filter((key) => now.has(key));
        const changed = both.filter((key) => old.get(key) !== now.get(key));
        expect(found).toMatchObject({
          added: now.size - both.length,
          removed: old.size - both.length,
          changed: changed.length,
          unchanged: both.length - changed.length,
          repeated: { before: 0, after: 0 },
        });
        const sample = (key: string) => ({
          key: { id: key },
          cells: { x: [old.get(key) ?? null, now.get(key) ?? null] },
        });
        if (changed.length <= 10)
          expect(new Set(found.samples.changed)).toEqual(new Set(changed.map(sample)));
      }),
    );
  });

  it("without a key counts each row as often as it is there", async () => {
    const row = fc.tuple(cell, cell);
    await fc.assert(
      fc.asyncProperty(fc.array(row), fc.array(row), async (before, after) => {
        const read = reading({ names: NAMES, rows: before }, { names: NAMES, rows: after });
        const columns = NAMES.map((name) => ({ name, kind: "text" as const }));
        const found = await rowDifference({ read, columns, key: [], rows: 10 });
        const rest = after.map((one) => JSON.stringify(one));
        let unchanged = 0;
        for (const one of before) {
          const at = rest.indexOf(JSON.stringify(one));
          if (at === -1) continue;
          rest.splice(at, 1);
          unchanged += 1;
        }
        expect([found.added, found.removed, found.unchanged, found.changed]).toEqual([
          rest.length,
          before.length - unchanged,
          unchanged,
          0,
        ]);
        expect(found.samples.removed.length).toBe(Math.min(10, before.length - unchanged));
      }),
    );
  });
});

describe("the difference of tables", () => {
  const table = (names: readonly string[], ...rows: readonly TableRow[]): Content => ({
    names,
    rows,
  });
  const difference = (before: Content, after: Content, key: readonly string[] | null = null) =>
    tableDifference(reading(before, after), key);

  it("names columns that came, went or are of another type", async () => {
    const found = await difference(
      table(["id", "a", "b"], ["1", "2", "x"]),
      table(["b", "id", "c"], ["3", "1", "z"]),
    );
    expect(found.columns).toEqual({
      added: [{ name: "c", type: "text" }],
      removed: [{ name: "a", type: "integer" }],
      changed: [{ name: "b", before: "text", after: "integer" }],
    });
  });

  it("takes one number for the same however it is written", async () => {
    const found = await difference(
      table(["id", "x"], ["1", "1.50"], ["2", "2"]),
      table(["id", "x"], ["1", "1.5"], ["2", "2.0"]),
    );
    expect(found.rows).toMatchObject({ unchanged: 2, changed: 0 });
  });

  it("guesses a key by what is unique, one that is named like a key first, and no measure", async () => {
    const rows = (shift: number): readonly TableRow[] =>
      Array.from({ length: 30 }, (_, at) => [`${at / 7 + shift}`, `n${at}`, `${at}`, "same"]);
    const names = ["measure", "name", "trip_id", "kind"];
    const found = await difference(table(names, ...rows(0)), table(names, ...rows(0.5)));
    expect([found.key, found.keyFrom, found.rows?.changed]).toEqual([["trip_id"], "guessed", 30]);
  });

  it("compares whole rows where no column is unique", async () => {
    const found = await difference(
      table(["a", "b"], ["1", "x"], ["1", "y"], ["2", "y"]),
      table(["a", "b"], ["1", "x"], ["1", "z"], ["2", "y"]),
    );
    expect([found.keyFrom, found.rows?.added, found.rows?.removed]).toEqual(["none", 1, 1]);
  });

  it("tells when a key that was given is not unique, and refuses one that is nowhere", async () => {
    const content = table(["a", "b"], ["1", "x"], ["1", "y"]);
    const found = await difference(content, content, ["a"]);
    expect(found.rows?.repeated).toEqual({ before: 1, after: 1 });
    await expect(difference(content, content, ["c"])).rejects.toThrow("in both are a, b");
  });

  it("measures how far values moved", async () => {
    const rows = (from: number, kind: string): readonly TableRow[] =>
      Array.from({ length: 200 }, (_, at) => [
        String(from + at),
        at % 2 === 0 ? "a" : kind,
        at < from ? null : "x",
      ]);
    const names = ["n", "kind", "gap"];
    const { shifts } = await difference(
      table(names, ...rows(0, "b")),
      table(names, ...rows(50, "c")),
    );
    expect(shifts[0]).toMatchObject({ column: "n", measure: "kolmogorov_smirnov" });
    expect(shifts[0]?.distance).toBeCloseTo(0.25, 10);
    expect(shifts[0]?.psi).toBeGreaterThan(0.2);
    expect(shifts[1]).toMatchObject({ column: "kind", measure: "total_variation", distance: 0.5 });
    expect(shifts[1]?.shares[0]).toEqual({ value: "b", before: 0.5, after: 0 });
    expect(shifts[2]).toMatchObject({ distance: 0, nullShares: [0, 0.25] });
    const same = await difference(table(names, ...rows(0, "b")), table(names, ...rows(0, "b")));
    expect(same.shifts.map(({ distance, psi }) => [distance, psi])).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });
});
