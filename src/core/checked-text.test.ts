import { expect, it } from "vitest";
import { checkedText, textOfChecked } from "./checked-text.ts";

it("a text is read as it was written, whatever is in it", () => {
  for (const text of ["", "a", "\n", "a\nb\n", "é\0"])
    expect(textOfChecked("form 1", checkedText("form 1", text))).toBe(text);
});

it("a text that is altered, cut short, or of another form is none", () => {
  const written = checkedText("form 1", "run this\n");
  const others = [
    written.replace("this", "that"),
    written.slice(0, -1),
    `${written}more`,
    written.replace("form 1", "form 2"),
    "run this\n",
    "",
  ];
  for (const other of others) expect(textOfChecked("form 1", other)).toBeNull();
  expect(textOfChecked("form 2", written)).toBeNull();
});
