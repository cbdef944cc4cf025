import { expect, it } from "vitest";
import { countLeftOut } from "./left-out.ts";

it("says nothing of nothing, and names the first of many", () => {
  const leftOut = countLeftOut();
  expect(leftOut.words()).toBeNull();
  leftOut.note("a//\u001b[2J");
  expect(leftOut.words()).toBe(
    '1 name there is left out, because no file can be called that: "a//\\u001b[2J"',
  );
  leftOut.note("../x");
  expect(leftOut.words()).toContain(
    '2 names there are left out, because no file can be called that, the first "a//',
  );
});
