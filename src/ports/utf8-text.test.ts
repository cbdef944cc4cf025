import { describe, expect, it } from "vitest";
import { utf8Text } from "./utf8-text.ts";

const of = (bytes: Buffer) => utf8Text(bytes, "it's.yml");

describe("the text of a file", () => {
  it("is what its bytes say, without the mark at their start", () => {
    for (const text of ["", "a: é\n", "a: \uFFFD\n"])
      expect(of(Buffer.from(text))).toEqual({ ok: true, text });
    expect(of(Buffer.from("\uFEFFa"))).toEqual({ ok: true, text: "a" });
  });

  it.each([
    ["UTF-16", Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("a: b", "utf16le")])],
    ["UTF-16", Buffer.from([0xfe, 0xff, 0, 0x61])],
    ["UTF-16LE", Buffer.from("a: b", "utf16le")],
    ["UTF-16BE", Buffer.from("a: b", "utf16le").swap16()],
  ])("of %s is told as that, with the command that converts it", (name, bytes) => {
    expect(of(bytes)).toMatchObject({
      ok: false,
      reason: expect.stringContaining("UTF-16"),
      hint: expect.stringContaining(`iconv -f ${name} -t UTF-8 'it'\\''s.yml'`),
    });
  });

  it("in another encoding is told by the place of the first byte that does not fit", () => {
    const bytes = Buffer.concat([
      Buffer.from("a: é\ud7ff\uFFFD\nb: caf"),
      Buffer.from([0xe9, 0x0a]),
    ]);
    expect(of(bytes)).toMatchObject({
      ok: false,
      reason: "it is not UTF-8 text: line 2, column 7 has the byte 0xe9",
    });
  });

  it("that is none is told as none", () => {
    const zip = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]);
    expect(of(zip)).toEqual({ ok: false, reason: "it is not UTF-8 text", hint: null });
  });
});
