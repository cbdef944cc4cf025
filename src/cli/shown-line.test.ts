import { expect, it } from "vitest";
import { shownLine } from "./shown-line.ts";

const RED = "\u001b[31m";

it.each([
  ["plain text", "a\tb – ü 数据", "a\tb – ü 数据"],
  ["colours, and ends them", `${RED}red`, `${RED}red\u001b[0m`],
  ["no clearing and no movement", "\u001b[2Ja\u001b[3A\u001b[?25lb", "ab"],
  ["no title of the window", "\u001b]0;title\u0007a\u001b]8;;x\u001b\\b", "ab"],
  ["no bell, backspace or other control character", "a\u0007\b\u001bcb\u0000", "acb"],
  ["the last state of a bar of progress", "10%\r50%\r100%\r", "100%"],
  ["nothing of a sequence that is cut off", "a\u001b[", "a["],
])("shows %s", (_, line, shown) => {
  expect(shownLine(line, true)).toBe(shown);
});

it("shows no colours where there are none", () => {
  expect(shownLine(`${RED}red\u001b[0m \u001b[1;38:5:9mbold`, false)).toBe("red bold");
});
