import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrived, partBytesFor, partsOf } from "./part-plan.ts";

const S3 = { minBytes: 5 << 20, maxBytes: 5 * 2 ** 30, maxCount: 10_000 };

describe("cutting a file into parts", () => {
  it("keeps parts at 8 MiB until there would be too many of them", () => {
    expect(partBytesFor(100 * 2 ** 20, S3)).toBe(8 << 20);
    expect(partBytesFor(20 * 2 ** 30, S3)).toBe(8 << 20);
    expect(partBytesFor(2 ** 40, S3)).toBe(Math.ceil(2 ** 40 / 10_000));
  });

  it("cuts nothing that is small, or where the storage takes no parts", () => {
    expect(partBytesFor(8 << 20, S3)).toBeNull();
    expect(partBytesFor(2 ** 40, null)).toBeNull();
    expect(partBytesFor(2 ** 40, { minBytes: 1, maxBytes: 4 << 20, maxCount: 1000 })).toBeNull();
  });

  it("covers every byte once, in order", () => {
    const sizes = fc.record({
      sizeBytes: fc.integer({ min: 1, max: 10_000 }),
      partBytes: fc.integer({ min: 1, max: 3000 }),
    });
    fc.assert(
      fc.property(sizes, (upload) => {
        let at = 0;
        let number = 1;
        for (const part of partsOf(upload)) {
          expect(part).toMatchObject({ number, offset: at });
          expect(part.sizeBytes).toBeGreaterThan(0);
          at += part.sizeBytes;
          number += 1;
        }
        expect(at).toBe(upload.sizeBytes);
      }),
    );
  });

  it("takes only parts of the right length for arrived", () => {
    const upload = { path: "f", id: "u", sizeBytes: 25, partBytes: 10, sha256: null };
    const parts = [
      { number: 1, sizeBytes: 10, tag: "a" },
      { number: 2, sizeBytes: 3, tag: "b" },
      { number: 3, sizeBytes: 5, tag: "c" },
      { number: 4, sizeBytes: 10, tag: "d" },
    ];
    expect([...arrived(upload, parts).keys()]).toEqual([1, 3]);
  });
});
