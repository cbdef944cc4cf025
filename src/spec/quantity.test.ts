import { describe, expect, it } from "vitest";
import { parseBytes, parseDuration, readMemory, readSize } from "./quantity.ts";

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

describe("a size that somebody wrote", () => {
  it.each([
    ["10GB", 10_000_000_000],
    ["5B", 5],
    ["0", 0],
    ["1048576", 1_048_576],
    ["4 apples", "`4 apples` is not a size"],
    ["8", "`8` is 8 bytes: a size without a unit counts bytes"],
    [" 1.5 ", "` 1.5 ` is 1 byte: a size without a unit counts bytes"],
  ])("is %j", (text, expected) => {
    const read = readSize(text, "4GB");
    expect(typeof read === "number" ? read : read.message).toBe(expected);
  });

  it("has a way out where its unit was forgotten", () => {
    const hint = "Write its unit: `8GB`, or `8B` if that is meant.";
    expect(readSize("8", "4GB")).toMatchObject({ hint });
  });
});

describe("the memory of a step", () => {
  it.each([
    ["16MiB", 16_777_216],
    ["8", "`8` is 8 bytes: a size without a unit counts bytes"],
    ["4MB", "`4MB` is less memory than a step can begin with"],
    ["0", "`0` is less memory than a step can begin with"],
  ])("is %j", (text, expected) => {
    const read = readMemory(text, "4GB");
    expect(typeof read === "number" ? read : read.message).toBe(expected);
  });

  it("has one way out where its unit was forgotten: no step is meant to have 8 bytes", () => {
    expect(readMemory("8", "4GB")).toMatchObject({ hint: "Write its unit: `8GB`." });
    expect(readMemory("much", "4GB")).toMatchObject({ hint: "Write it like 4GB." });
  });
});
