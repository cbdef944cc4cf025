import { describe, expect, it } from "vitest";
import { Quickness } from "./file-calls.ts";

/** A clock that a direct call moves by `takesMs`, and what was called how. */
function calling() {
  let now = 0;
  const calls = { direct: 0, elsewhere: 0 };
  const quickness = new Quickness(() => now);
  const make = (takesMs: number) =>
    quickness.call(
      () => {
        now += takesMs;
        calls.direct += 1;
      },
      async () => {
        calls.elsewhere += 1;
      },
    );
  return { calls, make };
}

describe("calls for files", () => {
  it("are made directly while they are quick, and let others go on now and then", async () => {
    const { calls, make } = calling();
    for (let index = 0; index < 650; index += 1) await make(0.01);
    expect(calls).toEqual({ direct: 640, elsewhere: 10 });
  });

  it("go to other threads once the disk is slow", async () => {
    const { calls, make } = calling();
    for (let index = 0; index < 900; index += 1) await make(5);
    expect(calls.direct).toBeLessThan(10);
  });

  it("are tried directly again later, when the disk may be quick", async () => {
    const { calls, make } = calling();
    for (let index = 0; index < 900; index += 1) await make(5);
    for (let index = 0; index < 1000; index += 1) await make(0.01);
    expect(calls.direct).toBeGreaterThan(500);
  });

  it("are not taken for slow because of one that was", async () => {
    const { calls, make } = calling();
    await make(12);
    for (let index = 0; index < 60; index += 1) await make(0.01);
    expect(calls).toEqual({ direct: 61, elsewhere: 0 });
  });

  it("fail alike either way", async () => {
    const quickness = new Quickness(() => 0);
    const fails = () => {
      throw new Error("no such file");
    };
    await expect(quickness.call(fails, async () => 1)).rejects.toThrow("no such file");
  });
});
