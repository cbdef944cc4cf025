import { expect, it } from "vitest";
import { oncePerPair } from "./once-per-pair.ts";

it("computes once for each pair, also where the value is undefined", () => {
  const asked: string[] = [];
  const [a, b] = [{ name: "a" }, { name: "b" }];
  const joined = oncePerPair((one: { name: string }, other: { name: string }) => {
    asked.push(one.name + other.name);
    return one === other ? undefined : one.name + other.name;
  });
  for (let time = 0; time < 3; time += 1)
    expect([joined(a, b), joined(b, a), joined(a, a)]).toEqual(["ab", "ba", undefined]);
  expect(asked).toEqual(["ab", "ba", "aa"]);
});
