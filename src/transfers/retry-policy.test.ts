import { describe, expect, it } from "vitest";
import { nextTry } from "./retry-policy.ts";

const base = { problem: "unreachable", tries: 1, retryAfterSeconds: null, chance: 0 } as const;

describe("asking a storage again", () => {
  it("waits twice as long each time, up to half a minute, and gives up in the end", () => {
    const waits = Array.from({ length: 9 }, (_, index) => nextTry({ ...base, tries: index + 1 }));
    expect(waits).toEqual([125, 250, 500, 1000, 2000, 4000, 8000, 15_000, null]);
  });

  it("spreads half of the wait by chance", () => {
    expect(nextTry({ ...base, tries: 3, chance: 0.5 })).toBe(750);
    expect(nextTry({ ...base, tries: 3, chance: 0.999 })).toBe(1000);
  });

  it("waits as long as the storage says, and not longer than five minutes", () => {
    expect(nextTry({ ...base, problem: "busy", retryAfterSeconds: 20 })).toBe(20_125);
    expect(nextTry({ ...base, problem: "busy", retryAfterSeconds: 3600 })).toBeNull();
  });

  it.each(["denied", "not_found", "full", "exists", "bad_path", "failed"] as const)(
    "does not ask again after %s",
    (problem) => {
      expect(nextTry({ ...base, problem })).toBeNull();
    },
  );

  it("sends damaged bytes three times at most", () => {
    const tries = [1, 2, 3].map((count) => nextTry({ ...base, problem: "corrupt", tries: count }));
    expect(tries).toEqual([125, 250, null]);
  });
});
