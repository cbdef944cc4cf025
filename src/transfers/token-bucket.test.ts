import fc from "fast-check";
import { expect, it } from "vitest";
import { fullBucket, take } from "./token-bucket.ts";

it("lets one second's worth go at once, then as much as time brings", () => {
  const first = take(fullBucket(1000, 0), 1000, 0);
  expect(first.waitMs).toBe(0);
  const second = take(first.bucket, 500, 0);
  expect(second.waitMs).toBe(500);
  expect(take(second.bucket, 100, 500).waitMs).toBe(100);
});

it("does not save up more than a second's worth", () => {
  const { bucket } = take(fullBucket(1000, 0), 0, 60_000);
  expect(take(bucket, 1500, 60_000).waitMs).toBe(500);
});

it("never lets more through than the limit and one second's worth, whoever takes what when", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), sizes, (rate, all) => {
      let bucket = fullBucket(rate, 0);
      let now = 0;
      let through = 0;
      for (const bytes of all) {
        const taken = take(bucket, bytes, now);
        bucket = taken.bucket;
        now += taken.waitMs;
        through += bytes;
        expect(through).toBeLessThanOrEqual(rate + (rate * now) / 1000 + 1);
      }
    }),
  );
});
