import { expect, it } from "vitest";
import { holderOf, type References } from "./held-results.ts";

const nothing: References = {
  openRuns: [],
  pins: [],
  reusedBy: () => [],
  idsOf: () => [],
  assetsWith: () => [],
};
const result = { run: "a", seq: 2 };

const holder = (own: Partial<References>, of = result): string | null =>
  holderOf({ ...nothing, ...own })(of);

it("holds nothing that nobody refers to", () => {
  expect(holder({})).toBeNull();
  expect(holder({ openRuns: ["b"], idsOf: () => ["sha256:1"] })).toBeNull();
});

it("holds results of a run without an end, and what it took over from others", () => {
  expect(holder({ openRuns: ["a"] })).toBe("run a, which has no end yet");
  const taken = { openRuns: ["b"], reusedBy: () => [result] };
  expect(holder(taken)).toBe("run b, which has no end yet");
  expect(holder(taken, { run: "a", seq: 3 })).toBeNull();
});

it("holds what a pinned run made and took over", () => {
  const pins = [{ kind: "run", name: "b" }];
  expect(holder({ pins }, { run: "b", seq: 1 })).toBe("the pin of run b");
  expect(holder({ pins, reusedBy: () => [result] })).toBe("the pin of run b");
});

it("holds pinned bytes, and those of a registered version", () => {
  const idsOf = () => ["sha256:1", "sha256:2"];
  const pins = [{ kind: "content", name: "sha256:2" }];
  expect(holder({ pins, idsOf })).toBe("the pin of sha256:2");
  const assetsWith = (id: string) => (id === "sha256:2" ? ["model trees:1", "data t:1"] : []);
  expect(holder({ idsOf, assetsWith })).toBe("model trees:1");
});
