import { expect, it } from "vitest";
import { fullPace, type Pace, slower, wentWell } from "./pace.ts";

const succeed = (pace: Pace, times: number): Pace =>
  Array.from({ length: times }).reduce<Pace>(wentWell, pace);

it("halves what is under way when the storage says slower, down to one", () => {
  const pace = slower(fullPace(5));
  expect(pace.limit).toBe(2);
  expect(slower(slower(pace)).limit).toBe(1);
});

it("takes one more after as many successes as are under way, up to what was asked for", () => {
  const pace = slower(fullPace(4));
  expect(succeed(pace, 1).limit).toBe(2);
  expect(succeed(pace, 2).limit).toBe(3);
  expect(succeed(pace, 100).limit).toBe(4);
});
