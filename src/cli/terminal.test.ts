import { describe, expect, it } from "vitest";
import { withoutControls } from "./terminal.ts";

const ESC = "\u001b";

describe("what is said", () => {
  it("holds no control codes that a name brings along, coloured or not", () => {
    const name = `a${ESC}]0;title\u0007b${ESC}[2J\u009b1m\rc\u007f`;
    const told = String.raw`a\u001b]0;title\u0007b\u001b[2J\u009b1m\u000dc\u007f`;
    for (const hasColors of [false, true]) expect(withoutControls(name, hasColors)).toBe(told);
  });

  it("holds nothing that turns the direction of reading: `exe.gpj` could look like another file", () => {
    expect(withoutControls("a\u202egpj.exe \u2066b\u2069", true)).toBe(
      String.raw`a\u202egpj.exe \u2066b\u2069`,
    );
    expect(withoutControls("שלום, עולם", true)).toBe("שלום, עולם");
  });

  it("keeps lines, tabs, and colours where there may be some", () => {
    const text = `a\tb\r\nc\n${ESC}[31mred${ESC}[0m`;
    expect(withoutControls(text, true)).toBe(text);
    expect(withoutControls(text, false)).toBe("a\tb\r\nc\n\\u001b[31mred\\u001b[0m");
  });

  it("means the same as JSON", () => {
    const object = { name: `\u009b${ESC}[31m` };
    expect(JSON.parse(withoutControls(JSON.stringify(object), false))).toEqual(object);
  });
});
