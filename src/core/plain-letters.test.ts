import { expect, it } from "vitest";
import { plainLetters } from "./plain-letters.ts";

it.each([
  ["Größe: très", "Grosse_tres"],
  ["  a--b  ", "a_b"],
  ["ﬁne 2", "fine_2"],
  ["日本", ""],
])("%s is %s in plain letters", (text, plain) => {
  expect(plainLetters(text, "_")).toBe(plain);
  expect(plainLetters(text, "-")).toBe(plain.replaceAll("_", "-"));
});
