import { describe, expect, it } from "vitest";
import { parseBytes, parseDuration } from "./quantity.ts";

describe("parseDuration", () => {
  it.each([
    ["30", 30],
    ["30s", 30],
    ["5m", 300],
    ["1.5h", 5_400],
    ["1d", 86_400],
    ["2 W", 1_209_600],
    ["", null],
    ["soon", null],
    ["-1s", null],
    ["1y", null],
  ])("reads %j", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });
});

describe("parseBytes", () => {
  it.each([
    ["1024", 1_024],
    ["1b", 1],
    ["4GB", 4_000_000_000],
    ["4g", 4_000_000_000],
    ["4GiB", 4_294_967_296],
    ["1.5Ki", 1_536],
    ["512 MiB", 536_870_912],
    ["", null],
    ["4XB", null],
    ["-1", null],
  ])("reads %j", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });
});
