import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, it } from "vitest";
import { quoted, shellWord } from "./shell-word.ts";

it("quotes a word only where it must be", () => {
  expect(shellWord("./a-b_c=1,2:3@4%5+6")).toBe("./a-b_c=1,2:3@4%5+6");
  expect(shellWord("a b")).toBe("'a b'");
  expect(shellWord("")).toBe("''");
  expect(quoted("it's")).toBe("'it'\\''s'");
});

it("is one word to bash, whatever is in it", () => {
  const texts = fc.array(
    fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", "")),
    {
      minLength: 1,
      maxLength: 20,
    },
  );
  fc.assert(
    fc.property(texts, (words) => {
      const script = `printf '%s\\0' ${words.map(shellWord).join(" ")}`;
      const said = execFileSync("bash", ["-c", script], { encoding: "utf8" });
      expect(said.split("\0").slice(0, -1)).toEqual(words);
    }),
    { numRuns: 30 },
  );
});
