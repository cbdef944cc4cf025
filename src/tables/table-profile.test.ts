import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { QuantileSketch, quantile } from "./quantile-sketch.ts";
import type { ColumnKind, Value } from "./table.ts";
import { type ColumnProfile, TableProfile } from "./table-profile.ts";
import { ValueCounts } from "./value-counts.ts";

function profile(
  values: readonly (Value | undefined)[],
  { type = null, isTextual = true }: { type?: ColumnKind | null; isTextual?: boolean } = {},
): ColumnProfile {
  const made = new TableProfile({ columns: [{ name: "x", type }], isTextual });
  for (let at = 0; at < values.length; at += 3)
    made.add(values.slice(at, at + 3).map((value) => [value]));
  return made.result()[0] as ColumnProfile;
}

describe("the profile of a column", () => {
  it("of numbers is what it is by definition", () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });
    fc.assert(
      fc.property(fc.array(fc.option(number), { minLength: 1 }), (values) => {
        const found = profile(values, { type: "number", isTextual: false });
        const there = values.filter((one) => one !== null).sort((a, b) => a - b);
        expect(found.nulls).toBe(values.length - there.length);
        expect(found.distinct).toBe(new Set(there.map(String)).size);
        if (there.length === 0) return;
        const sum = there.reduce((total, one) => total + one, 0);
        expect(found.mean ?? 0).toBeCloseTo(sum / there.length, 3);
        expect([found.min, found.max].map(String)).toEqual([
          String(there[0]),
          String(there.at(-1)),
        ]);
        expect(found.quantiles?.["0.5"]).toBe(there[Math.ceil(there.length / 2) - 1]);
        expect(found.histogram?.counts.reduce((a, b) => a + b, 0)).toBe(there.length);
      }),
    );
  });

  it("takes texts for numbers while all are, and tells what is not finite", () => {
    const found = profile(["1", "2.0", "+2", null, "NaN", "inf"]);
    expect(found).toMatchObject({ type: "number", min: 1, max: 2, distinct: 4, notFinite: 2 });
    expect(profile(["1", "2", "x"])).toMatchObject({ type: "text", mean: null, quantiles: null });
  });

  it("keeps whole numbers that a number does not hold", () => {
    const found = profile(["9007199254740993", "9007199254740992", "1"]);
    expect(found).toMatchObject({ type: "integer", min: 1, max: "9007199254740993", distinct: 3 });
  });

  it("of dates has quantiles that are dates", () => {
    const found = profile(["2024-01-03", "2024-01-01", "2024-01-02"]);
    expect(found).toMatchObject({ type: "date", min: "2024-01-01", max: "2024-01-03", mean: null });
    expect(found.quantiles?.["0.5"]).toBe("2024-01-02");
  });

  it("of texts tells their lengths and the frequent ones", () => {
    const found = profile(["b", "aaa", "b", ""]);
    expect(found).toMatchObject({ min: "", max: "b", lengths: { min: 0, max: 3, mean: 1.25 } });
    expect(found.top[0]).toEqual({ value: "b", count: 2 });
  });

  it("counts a column that came late as missing before", () => {
    const columns = [{ name: "a", type: null }];
    const made = new TableProfile({ columns, isTextual: false });
    made.add([[1], [2]]);
    columns.push({ name: "b", type: null });
    made.add([[3, "x"]]);
    expect(made.result().map(({ nulls }) => nulls)).toEqual([0, 2]);
  });
});

describe("of more values than are kept", () => {
  const COUNT = 300_000;

  it("how many there are is right by three percent, and no frequent one is missed", () => {
    const counts = new ValueCounts(1_000);
    for (let at = 0; at < COUNT; at += 1) counts.add(at % 10 === 0 ? "often" : `value ${at}`);
    expect(counts.isExact).toBe(false);
    expect(Math.abs(counts.distinct() / (0.9 * COUNT) - 1)).toBeLessThan(0.03);
    const [first] = counts.top(3);
    expect(first?.value).toBe("often");
    expect(first?.count).toBeLessThanOrEqual(COUNT / 10);
    expect(first?.count).toBeGreaterThan(COUNT / 10 - COUNT / 1_000);
  });

  it.each([
    ["rising", (at: number) => at],
    ["falling", (at: number) => COUNT - 1 - at],
    ["mixed", (at: number) => (at * 7919) % COUNT],
  ])("ranks are right by one percent: %s", (_, valueAt) => {
    const sketch = new QuantileSketch(1_000);
    for (let at = 0; at < COUNT; at += 1) sketch.add(valueAt(at));
    expect([sketch.isExact, sketch.count]).toEqual([false, COUNT]);
    const samples = sketch.samples();
    expect(samples.length).toBeLessThan(10_000);
    for (const share of [0.01, 0.25, 0.5, 0.75, 0.99])
      expect(Math.abs((quantile(samples, share) ?? 0) / COUNT - share)).toBeLessThan(0.01);
  });
});
