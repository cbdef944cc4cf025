import { expect, it } from "vitest";
import { createDigestSet, digestOf } from "./digest-set.ts";

it("knows what was added, and nothing else, however much it is", () => {
  const set = createDigestSet();
  for (let index = 0; index < 20_000; index += 1) expect(set.add(`file ${index}`)).toBe(true);
  expect(set.add("file 77")).toBe(false);
  expect(set.size).toBe(20_000);
  for (let index = 0; index < 20_000; index += 1) expect(set.has(`file ${index}`)).toBe(true);
  for (let index = 20_000; index < 40_000; index += 1) expect(set.has(`file ${index}`)).toBe(false);
});

it("takes a digest for the text it was made of", () => {
  const set = createDigestSet();
  set.addDigest(digestOf("a"));
  expect(set.has("a")).toBe(true);
  expect(set.has("b")).toBe(false);
});
